import { join } from "node:path";
import type { DatasetItem, ImageRecord } from "@lejepa/contracts";
import { expect, test } from "vitest";
import { caught, decode, index, inspect, makeFolder } from "./_files.test-helper.ts";
import { image, slice, writeDicom, type Elements } from "./_writer.test-helper.ts";

type Decode = Parameters<typeof decode>[1];

/** Decodes the only image of a folder to its own size. */
async function decodeOne(more: Elements, options: Decode = {}): Promise<ImageRecord> {
  const path = await makeFolder({ a: writeDicom(image(more)) });
  const { items } = await index({ path });
  return decode(items[0] as DatasetItem, { size: 4, ...options });
}

const window = (centre: string, width: string): Elements => ({ "00281050": ["DS", centre], "00281051": ["DS", width] });
const hounsfield = (values: readonly number[]): Elements => ({
  "00281052": ["DS", "-1024"],
  "00281053": ["DS", "1"],
  "7fe00010": ["OW", values.map((value) => value + 1024)],
});
const row = Array.from({ length: 16 }, (_, i) => -1000 + 125 * i);

test.each([
  ["lung", -600, 1500],
  ["bone", 400, 1800],
  ["brain", 40, 80],
  ["soft-tissue", 40, 400],
] as const)("the window %s on Hounsfield units", async (name, centre, width) => {
  const { data, dtype, note } = await decodeOne(hounsfield(row), { window: name });
  const explicit = await decodeOne(hounsfield(row), { window: { centre, width } });
  expect([dtype, note, [...data]]).toEqual(["uint16", undefined, [...explicit.data]]);
  const shade = (x: number): number => Math.min(1, Math.max(0, (x - (centre - 0.5)) / (width - 1) + 0.5));
  expect([...data]).toEqual(row.map((x) => Math.round(65535 * shade(x))));
});

test("a preset for CT on something else: its own window, and a note", async () => {
  const radiograph = { "00080060": ["CS", "DX"], ...window("8", "16") } as const;
  const shown = await decodeOne(radiograph, { window: "lung" });
  expect([...shown.data]).toEqual([...(await decodeOne(radiograph)).data]);
  expect(shown.note).toBe("the window lung is for CT, this is shown by its own");
});

test("without a window, percentiles with a note; one value is black; a broken window is none", async () => {
  const values = await decodeOne(hounsfield(row));
  expect(values.note).toBe("no window in the header, percentiles 1 to 99 are shown");
  expect([values.data[0], values.data[15]]).toEqual([0, 65535]);
  expect((await decodeOne({ ...hounsfield(row), ...window("40", "0") })).note).toBe(values.note);
  const flat = await decodeOne(hounsfield(row.map(() => 7)));
  expect([...flat.data]).toEqual(Array.from({ length: 16 }, () => 0));
  expect(flat.note).toContain("all values are the same");
  expect((await decodeOne(hounsfield(row), { window: "percentile" })).note).toBeUndefined();
});

test("percentiles hold their place with an outlier", async () => {
  const side = 32;
  const values = Array.from({ length: side * side }, (_, i) => (i === 5 ? 65535 : 100 + (i % 100)));
  const more: Elements = { "00280010": ["US", [side]], "00280011": ["US", [side]], "7fe00010": ["OW", values] };
  const { data } = await decodeOne(more, { size: side });
  expect([data[5], data[0], (data[50] as number) / 65535]).toEqual([65535, 0, expect.closeTo(0.5, 1)]);
});

test("MONOCHROME1 and the presentation shape INVERSE turn black and white around, once", async () => {
  const plain = await decodeOne(window("8", "16"));
  const inverse = Array.from(plain.data, (value) => 65535 - value);
  const mono1: Elements = { "00280004": ["CS", "MONOCHROME1"] };
  const shape: Elements = { "20500020": ["CS", "INVERSE"] };
  for (const more of [mono1, shape, { ...mono1, ...shape }])
    expect([...(await decodeOne({ ...window("8", "16"), ...more })).data]).toEqual(inverse);
});

test("the window none gives physical values, not inverted", async () => {
  const { data, dtype } = await decodeOne(
    { ...hounsfield(row), "00280004": ["CS", "MONOCHROME1"] },
    { window: "none" },
  );
  expect([dtype, [...data]]).toEqual(["float32", row]);
});

test("padding is masked, by one value or a range, and takes no part in percentiles", async () => {
  const padded = [-2000, -2000, ...row.slice(2)];
  const more: Elements = { ...hounsfield(padded), "00280103": ["US", [1]], "00280120": ["SS", [-976]] };
  const { data, mask } = await decodeOne(more);
  expect([...(mask as Uint8Array)]).toEqual([0, 0, ...row.slice(2).map(() => 1)]);
  expect([data[2], data[15]]).toEqual([0, 65535]);
  const range = await decodeOne({ ...more, "00280121": ["SS", [24 + 250]] });
  expect([...(range.mask as Uint8Array)].filter((bit) => bit === 0).length).toBe(3);
});

test("padding of floats, what is no number, and an image of padding alone", async () => {
  const { "7fe00010": _pixels, ...rest } = image();
  const values = Float32Array.from({ length: 16 }, (_, i) => i / 4);
  values[0] = Number.NaN;
  const padding = new Uint8Array(Float32Array.of(0.25).buffer);
  const file = writeDicom({ ...rest, "00280122": ["FL", padding], "7fe00008": ["OF", new Uint8Array(values.buffer)] });
  const path = await makeFolder({ float: file });
  const [item] = (await index({ path })).items as [DatasetItem];
  const { data, mask } = await decode(item, { size: 4, window: "none" });
  expect([...(mask as Uint8Array)]).toEqual([0, 0, ...Array.from({ length: 14 }, () => 1)]);
  expect([data[2], data[15], data.every(Number.isFinite)]).toEqual([0.5, 3.75, true]);
  const error = await caught(() => decodeOne({ "7fe00010": ["OW", new Uint8Array(32)], "00280120": ["US", [0]] }));
  expect(error.message).toBe("DICOM file: has only padding.");
});

test("a rectangle is padded by default, with the bars masked; crop and squash on request; spacing follows", async () => {
  const wide: Elements = { "00280010": ["US", [2]], "00280011": ["US", [8]], "00280030": ["DS", "0.5\\0.25"] };
  const padded = await decodeOne(wide);
  const mask = [...(padded.mask as Uint8Array)];
  expect([mask.length, mask.slice(0, 4), mask.slice(-4), mask.includes(1)]).toEqual([
    16,
    [0, 0, 0, 0],
    [0, 0, 0, 0],
    true,
  ]);
  expect(padded.spacing).toEqual([1, 0.5]);
  expect((await decodeOne(wide, { fit: "squash" })).mask).toBeUndefined();
  expect((await decodeOne(wide, { fit: "crop" })).mask).toBeUndefined();
});

test("gray becomes three equal channels; colour one of luma", async () => {
  const one = await decodeOne(window("8", "16"));
  const three = await decodeOne(window("8", "16"), { channels: 3 });
  expect([...three.data]).toEqual(Array.from(one.data).flatMap((value) => [value, value, value]));
  const red: Elements = {
    "00280002": ["US", [3]],
    "00280004": ["CS", "RGB"],
    "00280100": ["US", [8]],
    "00280101": ["US", [8]],
    "00280102": ["US", [7]],
    "7fe00010": ["OB", Uint8Array.from({ length: 48 }, (_, i) => (i % 3 === 0 ? 255 : 0))],
  };
  const luma = await decodeOne(red);
  expect([luma.dtype, new Set(luma.data)]).toEqual(["uint8", new Set([76])]);
  // sixteen bits when the set has gray images, too
  const item = {
    id: "x",
    source: { path: join(await makeFolder({ a: writeDicom(image(red)) }), "a"), frame: 0, depth: 16 },
  };
  expect(new Set((await decode(item, { size: 4 })).data)).toEqual(new Set([Math.round(0.299 * 65535)]));
  expect((await decode(item, { size: 4, window: "none" })).dtype).toBe("float32");
  expect((await decode(item, { size: 4, channels: 3, neighbours: 1 })).dtype).toBe("uint16");
  expect((await caught(() => decode(item, { channels: 4 }))).code).toBe("E_USAGE");
});

test("neighbours are channels, repeated at the ends", async () => {
  const path = await makeFolder(
    Object.fromEntries(
      [0, 1, 2].map((z) => [
        `${z}`,
        writeDicom(image({ ...slice(z, z), "7fe00010": ["OW", Array.from({ length: 16 }, () => 10 + z)] }, z + 1)),
      ]),
    ),
  );
  const { items } = await index({ path, neighbours: 1 });
  const first = async (item: DatasetItem): Promise<number[]> =>
    Array.from((await decode(item, { size: 4, channels: 3, neighbours: 1, window: "none" })).data.subarray(0, 3));
  expect(await Promise.all(items.map(first))).toEqual([
    [10, 10, 11],
    [10, 11, 12],
    [11, 12, 12],
  ]);
  const { message } = await caught(() => decode(items[0] as DatasetItem, { channels: 1, neighbours: 1 }));
  expect(message).toContain("3 channels, because `neighbours` is 1");
});

test("inspect: values masked, display shown in 8 bits", async () => {
  const file = writeDicom(image({ ...hounsfield(row), ...window("0", "2000"), "00280120": ["US", [24]] }));
  const values = await inspect(file, { stage: "values" });
  expect([values.dtype, [...(values.data as Float64Array)], values.mask?.[0], values.mask?.[1]]).toEqual([
    "float64",
    row,
    0,
    1,
  ]);
  const display = await inspect(file, { stage: "display" });
  expect([display.dtype, display.shape, Math.max(...(display.data as Uint8Array))]).toEqual([
    "uint8",
    [1, 4, 4, 1],
    239,
  ]);
  expect(display.facts).toMatchObject({ modality: "CT", rows: 4, transferSyntax: "Explicit VR Little Endian" });
});

test("a folder is no file", async () => {
  const error = await caught(async () => decode({ id: "x", source: { path: await makeFolder({}), frame: 0 } }));
  expect([error.code, error.message]).toEqual(["E_IO", "DICOM file: cannot be opened (not a file)."]);
});

test("a file that is gone", async () => {
  const error = await caught(() => decode({ id: "x", source: { path: "/nowhere/DOE", frame: 0 } }));
  expect([error.code, error.message]).toEqual(["E_IO", "DICOM file: cannot be opened (ENOENT)."]);
});

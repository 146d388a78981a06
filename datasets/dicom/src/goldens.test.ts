// Every kind of file against pydicom, GDCM and numpy (tools/goldens/dicom_files.py).
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inspect, makeFolder } from "./_files.test-helper.ts";
import { show } from "./display.ts";
import { openFrames } from "./open-frames.ts";

interface Golden {
  readonly file: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly stored: string;
  readonly tolerance: number;
  readonly values?: string;
  readonly mask?: string;
  readonly shades?: string;
  readonly rgb?: string;
}

const read = (name: string): Record<string, Golden> =>
  (
    JSON.parse(readFileSync(new URL(`../fixtures/${name}`, import.meta.url), "utf8")) as {
      cases: Record<string, Golden>;
    }
  ).cases;
const goldens = { ...read("plain.json"), ...read("compressed.json") };
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "base64"));
const arrays = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;
const array = (text: string, dtype: string): ArrayLike<number> =>
  new arrays[dtype as keyof typeof arrays](bytes(text).buffer as ArrayBuffer);
// float32, or float64 where the script says that it must be
const reals = (text: string, count: number): ArrayLike<number> =>
  array(text, bytes(text).length === 8 * count ? "float64" : "float32");
const largest = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  expect(a.length).toBe(b.length);
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] as number))), 0);
};
const count = ({ shape }: Golden): number => shape.reduce((product, n) => product * n, 1);

test.each(Object.keys(goldens))("%s: stored samples", async (name) => {
  const golden = goldens[name] as Golden;
  const { shape, dtype, data } = await inspect(bytes(golden.file));
  expect(dtype).toBe(golden.dtype);
  expect(shape.filter((n) => n !== 1)).toEqual(golden.shape.filter((n) => n !== 1));
  expect(largest(data as Uint8Array, array(golden.stored, golden.dtype))).toBeLessThanOrEqual(golden.tolerance);
});

const having = (key: keyof Golden): string[] =>
  Object.keys(goldens).filter((name) => goldens[name]?.[key] !== undefined);

test.each(having("values"))("%s: values", async (name) => {
  const golden = goldens[name] as Golden;
  const { data, mask, dtype } = await inspect(bytes(golden.file), { stage: "values" });
  expect(dtype).toBe("float64");
  const expected = reals(golden.values as string, count(golden));
  expect(largest(data as Float64Array, expected)).toBeLessThanOrEqual(1e-4);
  expect(mask === undefined ? undefined : [...mask]).toEqual(
    golden.mask === undefined ? undefined : [...bytes(golden.mask)],
  );
});

test.each(having("shades"))("%s: shades, to one of 65536", async (name) => {
  const golden = goldens[name] as Golden;
  const root = await makeFolder({ file: bytes(golden.file) });
  const file = await openFrames({ path: join(root, "file") });
  const shades: number[] = [];
  for (let frame = 0; frame < file.image.frames; frame++) {
    const stored = await file.frame(frame);
    const shown = show({ root: file.header.dataSet, image: file.image, index: frame, stored }, "dicom", 16);
    expect(shown.note).toBeUndefined();
    shades.push(...shown.data);
  }
  await file.close();
  const expected = reals(golden.shades as string, count(golden));
  expect(
    largest(
      shades,
      Array.from(expected, (shade) => shade * 65535),
    ),
  ).toBeLessThanOrEqual(1);
});

test.each(having("rgb"))("%s: colours", async (name) => {
  const golden = goldens[name] as Golden;
  const { data, shape } = await inspect(bytes(golden.file), { stage: "display" });
  expect(shape[3]).toBe(3);
  expect(largest(data as Uint8Array, bytes(golden.rgb as string))).toBeLessThanOrEqual(golden.tolerance);
});

/** The file with another value of a US attribute. */
function patched(file: string, element: number, value: number): Uint8Array {
  const copy = Buffer.from(file, "base64");
  const at = copy.indexOf(Buffer.from([0x28, 0, element & 255, element >> 8, 0x55, 0x53, 2, 0]));
  expect(at).toBeGreaterThan(0);
  copy.writeUInt16LE(value, at + 8);
  return copy;
}

const lossless = Object.keys(goldens).filter((name) => /^(jpeg|j2k).*-(8|12)$/.test(name));

test.each(lossless)("%s: a codestream of fewer bits than are allocated", async (name) => {
  const golden = goldens[name] as Golden;
  const bits = golden.dtype === "uint8" ? 16 : 32;
  const { data, dtype } = await inspect(patched(golden.file, 0x0100, bits));
  expect(dtype).toBe(`uint${bits}`);
  expect(largest(data as Uint32Array, array(golden.stored, golden.dtype))).toBeLessThanOrEqual(golden.tolerance);
});

test.each(["rle-rgb", "rle-rgb-16", "jpeg-70-rgb", "jpeg-ls-80-rgb", "j2k-90-rgb", "jpeg-50-rgb"])(
  "%s: the planar configuration says nothing of compressed pixels",
  async (name) => {
    const golden = goldens[name] as Golden;
    const { data } = await inspect(patched(golden.file, 0x0006, 1));
    expect(largest(data as Uint8Array, array(golden.stored, golden.dtype))).toBeLessThanOrEqual(golden.tolerance);
  },
);

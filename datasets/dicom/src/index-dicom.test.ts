import { join } from "node:path";
import { checkDataset } from "@lejepa/contracts/testing";
import { expect, test } from "vitest";
import { caught, index, makeFolder } from "./_files.test-helper.ts";
import { fragments, image, slice, writeDicom, type Elements } from "./_writer.test-helper.ts";
import { dicom } from "./plugin.ts";

/** A file of a series; `n` makes its UID and its pixels. */
const file = (n: number, more: Elements = {}): Uint8Array => writeDicom(image(more, n));
const radiograph: Elements = { "00080060": ["CS", "DX"] };
const patient = (id: string): Elements => ({ "00100020": ["LO", id] });
const names = (items: readonly { source: { path: string } }[], root: string): string[] =>
  items.map(({ source }) => source.path.slice(root.length + 1));

test("the plugin keeps the contract", async () => {
  const path = await makeFolder({ "a/1": file(1), "a/2": file(2), "b/3.dcm": file(3, patient("P2")) });
  expect(await checkDataset(dicom, { path }, { cacheDir: path, size: 4 })).toEqual([]);
  expect(await checkDataset(dicom, { path, window: "none" }, { cacheDir: path, size: 4, channels: 1 })).toEqual([]);
  expect(await checkDataset(dicom, { path, neighbours: 1 }, { cacheDir: path, size: 6 })).toEqual([]);
});

test("ids are of the UID: the same wherever the file lies, and say nothing", async () => {
  const first = await index({ path: await makeFolder({ "DOE_JOHN/ct.dcm": file(1) }) });
  const second = await index({ path: await makeFolder({ x: file(1) }) });
  expect(first.items[0]?.id).toBe(second.items[0]?.id);
  expect(first.items[0]?.id).toMatch(/^[0-9a-f]{16}$/);
});

test("a series is ordered by position, whatever instance numbers and names say", async () => {
  const path = await makeFolder({
    "1": file(1, slice(20, 1)),
    "2": file(2, slice(0, 3)),
    "3": file(3, slice(10, 2)),
    "4": file(4, slice(-10, 9)),
  });
  const { items, warnings } = await index({ path, neighbours: 1 });
  expect([names(items, path), warnings]).toEqual([["4", "2", "3", "1"], []]);
  expect(
    items.map(({ source }) =>
      [source["previous"], source["next"]].map((place) => (place as { path?: string } | undefined)?.path?.slice(-1)),
    ),
  ).toEqual([
    [undefined, "2"],
    ["4", "3"],
    ["2", "1"],
    ["3", undefined],
  ]);
});

test("gaps, several slices at a place, mixed orientations and missing positions are reported", async () => {
  const sagittal: Elements = { ...slice(0, 1), "00200037": ["DS", "0\\1\\0\\0\\0\\-1"] };
  const series = (n: number): Elements => ({ "0020000e": ["UI", `1.2.3.${n}`] });
  const path = await makeFolder({
    ...Object.fromEntries([0, 5, 10, 30].map((z) => [`gap/${z}`, file(100 + z, { ...series(1), ...slice(z, z) })])),
    ...Object.fromEntries(
      [0, 5, 5.001].map((z) => [`double/${z}`, file(200 + z * 1000, { ...series(2), ...slice(z, z * 1000) })]),
    ),
    "mixed/1": file(301, { ...series(3), ...slice(0, 1) }),
    "mixed/2": file(302, { ...series(3), ...sagittal }),
    "none/1": file(401, { ...series(4), "00200013": ["IS", "2"] }),
    "none/2": file(402, { ...series(4), "00200013": ["IS", "1"] }),
  });
  const { items, warnings } = await index({ path, neighbours: 1 });
  expect(warnings).toEqual([
    "Series with gaps between slices: 1 of 4.",
    "Series with several slices at one position (copies, echoes or time points): 1 of 4.",
    "Series that mix orientations: 1 of 4.",
    "Series of slices without positions, ordered by instance number: 1 of 4.",
  ]);
  const unplaced = names(items, path).filter((name) => name.startsWith("none"));
  expect(unplaced).toEqual(["none/2", "none/1"]);
  // a neighbour is never across a gap
  const beforeGap = items.find(({ source }) => source.path.endsWith("gap/10"));
  expect([beforeGap?.source["previous"] === undefined, beforeGap?.source["next"]]).toEqual([false, undefined]);
});

const frames = (count: number): Elements => ({
  "00280008": ["IS", String(count)],
  "7fe00010": ["OW", Array.from({ length: 16 * count }, (_, i) => i)],
});

test("frames are items; all, the middle one, the first, or every n-th", async () => {
  const path = await makeFolder({ cine: file(1, frames(5)), single: file(2) });
  const chosen = async (choice: "all" | "middle" | "first" | { every: number }): Promise<unknown[]> =>
    (await index({ path, frames: choice })).items.map(({ id, source }) =>
      id.includes("#") ? source["frame"] : "single",
    );
  expect(await chosen("all")).toEqual(expect.arrayContaining([0, 1, 2, 3, 4, "single"]));
  expect(await chosen("middle")).toEqual([2, "single"]);
  expect(await chosen("first")).toEqual([0, "single"]);
  expect(await chosen({ every: 2 })).toEqual([0, 2, 4, "single"]);
});

test("frames of an enhanced object are ordered by their own positions", async () => {
  const perFrame = [10, 0, 20].map((z): Elements => ({ "00209113": ["SQ", [{ "00200032": ["DS", `0\\0\\${z}`] }]] }));
  const path = await makeFolder({
    e: file(1, {
      ...frames(3),
      "52009229": ["SQ", [{ "00209116": ["SQ", [{ "00200037": ["DS", "1\\0\\0\\0\\1\\0"] }]] }]],
      "52009230": ["SQ", perFrame],
    }),
  });
  expect((await index({ path })).items.map(({ source }) => source["frame"])).toEqual([1, 0, 2]);
});

test("one position at the root of several frames is none of each", async () => {
  const path = await makeFolder({ cine: file(1, { ...frames(3), ...slice(5, 1) }) });
  const { items, warnings } = await index({ path, neighbours: 1 });
  expect([items.map(({ source }) => source["frame"]), warnings]).toEqual([[0, 1, 2], []]);
  expect(items[1]?.source["previous"]).toMatchObject({ frame: 0 });
});

test("a header that says more frames than the file can hold", async () => {
  const path = await makeFolder({ a: file(1), many: file(2, { "00280008": ["IS", "9999999"] }) });
  const { items, skipped } = await index({ path });
  expect([items.length, skipped?.[0]?.reason]).toEqual([1, "unusable: pixel data is cut short"]);
});

test("patients are kept together under a name that says nothing; without one, studies; without that, folders", async () => {
  const none: Elements = { ...radiograph, "00100020": ["LO", ""] };
  const study = (n: number): Elements => ({ "0020000d": ["UI", n === 0 ? "" : `1.2.3.${n}`] });
  const path = await makeFolder({
    a: file(1, { ...radiograph, ...study(1) }),
    b: file(2, { ...radiograph, ...study(2) }),
    c: file(3, { ...radiograph, ...patient("P1"), "00100021": ["LO", "other hospital"] }),
    d: file(4, { ...none, ...study(3) }),
    e: file(5, { ...none, ...study(3) }),
    "x/f": file(6, { ...none, ...study(0) }),
    "x/g": file(7, { ...none, ...study(0) }),
  });
  const { items, warnings } = await index({ path });
  const group = Object.fromEntries(items.map((item, i) => [names(items, path)[i], item.group]));
  expect([group["a"] === group["b"], group["a"] === group["c"]]).toEqual([true, false]);
  expect([group["d"] === group["e"], group["x/f"] === group["x/g"], group["d"] === group["x/f"]]).toEqual([
    true,
    true,
    false,
  ]);
  expect(warnings).toEqual([
    "Images without a patient id, grouped by study: 2.",
    "Images without a patient id and study, grouped by folder: 2.",
  ]);
  const byStudy = await index({ path, group: "study" });
  expect(new Set(byStudy.items.map((item) => item.group)).size).toBeGreaterThan(4);
});

test("a patient of very many series may be a placeholder, which is said", async () => {
  const series = (count: number): Promise<string> =>
    makeFolder(
      Object.fromEntries(
        Array.from({ length: count }, (_, i) => [
          `f${i}`,
          file(i + 1, { ...radiograph, "0020000d": ["UI", `1.2.3.${i}`], "0020000e": ["UI", `1.2.4.${i}`] }),
        ]),
      ),
    );
  const many = await series(10);
  expect((await index({ path: many })).warnings).toEqual([
    "Series that all name one patient (if that id is a placeholder, group by study: --set dataset.options.group=study): 10.",
  ]);
  expect((await index({ path: many, group: "study" })).warnings).toEqual([]);
  expect((await index({ path: await series(9) })).warnings).toEqual([]);
});

test("what is no image to learn from is listed and left out; two kinds can be asked for", async () => {
  const kind = (sopClass: string, more: Elements = {}): Elements => ({
    "00080016": ["UI", `1.2.840.10008.5.1.4.1.1.${sopClass}`],
    ...more,
  });
  const { "7fe00010": _, ...noPixels } = image();
  const path = await makeFolder({
    image: file(1),
    capture: file(2, kind("7")),
    localizer: file(3, { "00080008": ["CS", "ORIGINAL\\PRIMARY\\LOCALIZER"] }),
    report: writeDicom({ ...noPixels, ...kind("88.11") }),
    seg: file(5, kind("66.4")),
    dose: file(6, kind("481.2")),
    plan: writeDicom({ ...noPixels, "00080060": ["CS", "RTPLAN"] }),
    state: writeDicom({ ...noPixels, ...kind("11.1") }),
    ecg: writeDicom({ ...noPixels, ...kind("9.1.1") }),
    empty: writeDicom(noPixels),
    DICOMDIR: writeDicom({ "00041220": ["SQ", []] }),
    "notes.txt": "text",
    "DOE JOHN.12345678": "text",
    zero: "",
  });
  const { items, skipped } = await index({ path });
  expect(items).toHaveLength(1);
  expect(Object.fromEntries((skipped ?? []).map(({ reason, count }) => [reason, count]))).toEqual({
    "secondary captures": 1,
    localizers: 1,
    "structured reports": 1,
    segmentations: 1,
    "radiotherapy doses": 1,
    "radiotherapy objects": 1,
    "presentation states": 1,
    waveforms: 1,
    "objects without pixels": 1,
    DICOMDIR: 1,
    "not DICOM: .txt files": 1,
    "not DICOM: files without a known extension": 2,
  });
  expect((await index({ path, include: ["secondary-capture", "localizer"] })).items).toHaveLength(3);
  const named = await index({ path, fileNames: true });
  expect(named.skipped?.find(({ reason }) => reason === "localizers")?.examples).toEqual(["localizer"]);
});

test("copies are dropped; the same UID with other pixels is another image", async () => {
  const other = writeDicom(image({ "7fe00010": ["OW", Array.from({ length: 16 }, () => 9)] }, 1));
  const path = await makeFolder({ a: file(1), copy: file(1), other });
  const { items, skipped, warnings } = await index({ path });
  expect(new Set(items.map(({ id }) => id)).size).toBe(2);
  expect(skipped).toEqual([{ reason: "copies of an image that is already listed", count: 1, examples: [] }]);
  expect(warnings).toContain("Images with the SOPInstanceUID of another image but other content: 2.");
});

test("channels, range and depth follow from the set", async () => {
  const rgb: Elements = {
    ...radiograph,
    "00280002": ["US", [3]],
    "00280004": ["CS", "RGB"],
    "00280006": ["US", [0]],
    "00280100": ["US", [8]],
    "00280101": ["US", [8]],
    "00280102": ["US", [7]],
    "7fe00010": ["OB", new Uint8Array(48)],
  };
  const gray = await index({ path: await makeFolder({ a: file(1) }) });
  expect([gray.channels, gray.range]).toEqual([["gray"], [0, 65535]]);
  const colour = await index({ path: await makeFolder({ a: file(1, rgb) }) });
  expect([colour.channels, colour.range, colour.items[0]?.source["depth"]]).toEqual([
    ["red", "green", "blue"],
    [0, 255],
    8,
  ]);
  const mixed = await index({ path: await makeFolder({ a: file(1, rgb), b: file(2, radiograph) }) });
  expect([mixed.channels, mixed.range, mixed.warnings]).toEqual([
    ["red", "green", "blue"],
    [0, 65535],
    ["Colour images among gray ones: 1 of 2."],
  ]);
  expect((await index({ path: await makeFolder({ a: file(1) }), window: "none" })).range).toBeUndefined();
});

test("burned-in text, inversion and missing labels are warned of", async () => {
  const path = await makeFolder({
    "a/1": file(1, {
      ...radiograph,
      "00280301": ["CS", "YES"],
      "00280004": ["CS", "MONOCHROME1"],
      "00185101": ["CS", "PA"],
    }),
    "2": file(2, radiograph),
  });
  expect((await index({ path })).warnings).toEqual([
    "Images that say text is burned into them, which may name people and can be learned: 1.",
    "Images whose lowest value is white (MONOCHROME1), which are inverted: 1.",
  ]);
  const labelled = await index({ path, label: { attribute: "ViewPosition" } });
  expect(labelled.items.map(({ label }) => label)).toEqual([undefined, "PA"]);
  expect(labelled.warnings).toContain("Images without a label: 1 of 2.");
  expect((await index({ path, label: "top-folder" })).items.map(({ label }) => label)).toEqual([undefined, "a"]);
});

test("an attribute about a person cannot be a label", () => {
  const result = dicom.options.safeParse({ path: "x", label: { attribute: "PatientName" } });
  expect(result.error?.issues.map(({ message }) => message).join()).toMatch(
    /Modality, BodyPartExamined.*never about a person/,
  );
});

test("unusable files are counted with their reason, and do not stop the rest", async () => {
  const path = await makeFolder({
    good: file(1),
    cut: file(2).subarray(0, 300),
    short: file(3).subarray(0, file(3).length - 4),
    video: writeDicom(image({ "7fe00010": ["OB", fragments([], [new Uint8Array(8)])] }, 4), {
      syntax: "1.2.840.10008.1.2.4.100",
    }),
  });
  const { items, skipped } = await index({ path });
  expect(items).toHaveLength(1);
  expect(skipped?.map(({ reason }) => reason)).toEqual([
    "unusable: has a header that is cut short or damaged",
    "unusable: pixel data is cut short",
    "unusable: transfer syntax 1.2.840.10008.1.2.4.100 (MPEG2 Main Profile / Main Level) is not supported: video; its frames are not decoded. Convert the file with another tool first",
  ]);
});

test("nothing there, nothing in it, nothing that is used by default", async () => {
  const root = await makeFolder({
    "text/a.txt": "x",
    "capture/a": file(1, { "00080016": ["UI", "1.2.840.10008.5.1.4.1.1.7"] }),
  });
  const message = async (folder: string): Promise<string> =>
    (await caught(() => index({ path: join(root, folder) }))).message;
  expect(await message("absent")).toMatch(/absent: expected a folder of DICOM files, got nothing there\.$/);
  expect(await message("text")).toMatch(/text: expected DICOM images, got none, but 1 not DICOM: \.txt files\.$/);
  expect(await message("capture")).toMatch(
    /1 secondary captures\. Use them with the option include: \["secondary-capture"\]\.$/,
  );
});

test("an aborted index stops", async () => {
  const path = await makeFolder({ a: file(1) });
  const { testContext } = await import("@lejepa/contracts/testing");
  const context = testContext(path, { signal: AbortSignal.abort() });
  await expect(dicom.index(dicom.options.parse({ path }), context)).rejects.toThrow("abort");
});

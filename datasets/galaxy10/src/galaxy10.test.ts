import { readdirSync } from "node:fs";
import { rename, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { LejepaError, type DatasetItem } from "@lejepa/contracts";
import { checkDataset, testContext } from "@lejepa/contracts/testing";
import { expect, test } from "vitest";
import { bytesOf, count, decode, ids, index, onDisk, pixelsOf, size, told } from "./_files.test-helper.ts";
import { galaxy10 } from "./plugin.ts";
import { variantOfShape, variants } from "./variants.ts";

test.each([
  ["contiguous", 3, "uint8"],
  ["chunked", 3, "uint8"],
  ["scaleoffset", 3, "uint8"],
  ["gray16", 1, "uint16"],
  ["int8", 3, "int16"],
  ["float32", 2, "float32"],
  ["float64", 2, "float32"],
] as const)("%s: the values that h5py reads, in any order", async (name, channels, dtype) => {
  const { items } = await index({ path: await onDisk(name) });
  expect(items.map(({ label }) => label)).toEqual(ids.map((id) => `class ${id}`));
  for (const row of [0, 8, 3, 4, 1]) {
    const { data, ...rest } = await decode(items[row] as DatasetItem, channels);
    expect(rest).toMatchObject({ width: size, height: size, channels, dtype });
    // the value that is no number is hidden by the mask
    const expected = pixelsOf(name, row).map((value) => value ?? 0);
    expect([...data]).toEqual(dtype === "float32" ? expected.map(Math.fround) : expected);
  }
});

test("values that are no numbers are masked and filled", async () => {
  const { items, channels } = await index({ path: await onDisk("float32") });
  expect(channels).toEqual(["band 1", "band 2"]);
  const { mask, data } = await decode(items[2] as DatasetItem, 2, 3);
  expect(data.every(Number.isFinite)).toBe(true);
  expect(mask).toBeUndefined();
  const full = await decode(items[2] as DatasetItem, 2);
  expect(full.mask?.[1 * size + 3]).toBe(0);
  expect(full.mask?.filter((bit) => bit === 0)).toHaveLength(1);
});

test("one band as three, three as their mean; others only as they are", async () => {
  const gray = await index({ path: await onDisk("gray16") });
  expect(gray.channels).toEqual(["intensity"]);
  const three = await decode(gray.items[1] as DatasetItem, 3);
  expect([...three.data]).toEqual(pixelsOf("gray16", 1).flatMap((value) => [value, value, value]));
  const { items } = await index({ path: await onDisk("contiguous") });
  const values = pixelsOf("contiguous", 0) as number[];
  const mean = values.flatMap((value, i) =>
    i % 3 === 0 ? Math.round((value + (values[i + 1] as number) + (values[i + 2] as number)) / 3) : [],
  );
  expect([...(await decode(items[0] as DatasetItem, 1)).data]).toEqual(mean);
  expect(await told(() => decode(items[0] as DatasetItem, 4))).toContain("expected 1 or 3 channels, got 4.");
});

test("the plugin keeps the contract", async () => {
  const path = await onDisk("chunked");
  expect(await checkDataset(galaxy10, { path }, { cacheDir: path })).toEqual([]);
});

test("images of the same sky share a group; pixel scales become facts and spacing", async () => {
  const path = await onDisk("sky");
  const { items, warnings } = await index({ path });
  expect(items.map(({ group }) => group)).toEqual(["sky-0", "sky-0", "sky-2", "sky-2", ...Array(5).fill(undefined)]);
  expect(warnings).toEqual(["4 images show 2 patches of sky more than once; each patch stays in one split."]);
  expect(items[0]?.facts).toEqual({ arcsecondsPerPixel: 0.262 });
  expect((await decode(items[0] as DatasetItem, 3, 3)).spacing).toEqual([0.524, 0.524]);
  expect((await index({ path, duplicates: 1 })).items[0]?.group).toBeUndefined();
  expect((await index({ path, duplicates: 0 })).warnings).toBeUndefined();
});

test("class names: official, own, or texts of the file", async () => {
  const path = await onDisk("contiguous");
  const labels = async (options: Parameters<typeof index>[0]) =>
    (await index(options)).items.slice(0, 5).map(({ label }) => label);
  expect(await labels({ path, variant: "decals" })).toEqual(variants.decals.classes.slice(0, 5));
  expect(await labels({ path, variant: "sdss" })).toEqual(variants.sdss.classes.slice(0, 5));
  expect(await labels({ path, classes: ["a", "b", "c", "d", "e"] })).toEqual(["a", "b", "c", "d", "e"]);
  expect(await labels({ path, labels: null })).toEqual(Array(5).fill(undefined));
  const named = { path: await onDisk("names"), images: "train/images", labels: "train/kind" };
  expect(await labels(named)).toEqual(["k0", "k1", "k2", "k3", "k4"]);
  expect((await index(named)).items[1]?.id).toBe("train/images/1");
});

test("the official files are known by their shape; ten classes each, DECaLS in the documentation's order", () => {
  expect(variantOfShape([17736, 256, 256, 3])).toBe("decals");
  expect(variantOfShape([21785, 69, 69, 3])).toBe("sdss");
  expect(variantOfShape([17735, 256, 256, 3])).toBeUndefined();
  for (const { classes, request } of Object.values(variants)) {
    expect(new Set(classes).size).toBe(10);
    expect(request.digest.hex).toMatch(/^[0-9a-f]{64}$/);
  }
  expect(variants.decals.classes[3]).toBe("In-between Round Smooth");
});

test("download only when asked, into the cache, with the official digest; then found again", async () => {
  const asked: unknown[] = [];
  const file = await onDisk("contiguous", "Galaxy10.h5");
  const download = async (request: unknown) => {
    asked.push(request);
    return file;
  };
  const { items } = await index({ download: true, variant: "sdss" }, { download });
  expect(items).toHaveLength(count);
  expect(asked).toEqual([variants.sdss.request]);
  const message = await told(() => index({}, { download }));
  expect(message).toContain(
    'dataset galaxy10: expected a path to the HDF5 file, got none. Set download: true with variant: "decals" (2.5 GB, https://zenodo.org/',
  );
  expect(await told(() => index({ download: true }, { download }))).toContain("Set variant to decals (2.5 GB) or sdss");
  expect(asked).toHaveLength(1);
  expect((await index({}, { download, cacheDir: dirname(file) })).items).toHaveLength(count);
  expect((await index({ path: dirname(file) })).items).toHaveLength(count);
  expect(galaxy10.options.safeParse({ path: "x.h5", download: true }).error?.issues[0]?.path).toEqual(["download"]);
});

test("a wrong checksum", async () => {
  const path = await onDisk("contiguous");
  const message = await told(() => index({ path, verify: true, variant: "sdss" }));
  expect(message).toContain(`galaxies.h5: expected sha256 ${variants.sdss.request.digest.hex} (Galaxy10 SDSS), got `);
  expect(message).not.toContain(dirname(path));
});

test("a changed file is read anew", async () => {
  const path = await onDisk("contiguous");
  const { items } = await index({ path });
  await decode(items[0] as DatasetItem);
  await writeFile(`${path}.new`, bytesOf("sky"));
  await rename(`${path}.new`, path);
  await utimes(path, 1, 1);
  await expect(decode({ ...items[0], source: { path, images: "no", row: 0 } } as DatasetItem)).rejects.toThrow(
    "no image 0",
  );
  expect([...(await decode(items[3] as DatasetItem)).data]).toEqual(pixelsOf("sky", 3));
});

test("damaged bytes: one line, without the folder and HDF5's own stack", async () => {
  const whole = bytesOf("chunked");
  for (let from = 8; from < whole.length; from += 211) {
    const path = await onDisk(Buffer.from(whole).fill(0xa5, from, from + 40));
    const result = await told(async () => {
      const { items } = await index({ path });
      for (const item of items) await decode(item);
      throw new LejepaError({ code: "E_DATA", where: "none", problem: "Nothing was noticed" });
    });
    expect(result).not.toContain(dirname(path));
    expect(result).not.toMatch(/\n|HDF5-DIAG/);
  }
});

test.each([
  ["short", {}, "galaxies.h5: expected 9 values in ans, one for each image, got 8."],
  ["bands-first", {}, "Bands that come first are to be moved to the end."],
  ["int32", {}, "expected images of 8 or 16 bit, float32 or float64, got int32."],
  ["lzf", {}, "expected images compressed with gzip, or not at all, got lzf. Rewrite it with h5repack"],
  ["ids", { variant: "decals" }, "expected class numbers 0..9, got 10 in row 8 of ans."],
  [
    "names",
    {},
    'expected a dataset "images", got the datasets train/images, train/kind. Name it in the option images.',
  ],
  [
    "contiguous",
    { labels: "label" },
    "got the datasets ans, images. Name it in the option labels, or set labels: null.",
  ],
  ["contiguous", { images: "ans" }, "expected ans of shape N x H x W or N x H x W x bands (at most 16), got 9."],
  ["empty", {}, 'expected a dataset "images", got no datasets.'],
] as const)("%s with %j is refused", async (name, options, message) => {
  const path = await onDisk(name);
  expect(await told(() => index({ path, ...options }))).toContain(message);
});

test("text, a truncated file, nothing, a missing file: one line without the folder, nothing left open", async (context) => {
  const whole = bytesOf("chunked");
  const open = () => (process.platform === "linux" ? readdirSync("/proc/self/fd").length : 0);
  await index({ path: await onDisk(whole) });
  const before = open();
  for (const [contents, got] of [
    [Buffer.from("no HDF5"), "other contents"],
    [whole.subarray(0, whole.length / 2), `of its ${whole.length} bytes: it is truncated`],
    [Buffer.of(), "an empty file"],
  ] as const) {
    const path = await onDisk(contents);
    const message = await told(() => index({ path }));
    expect(message).toContain("galaxies.h5: expected an HDF5 file that can be read, got ");
    expect(message).toContain(got);
    expect(message).not.toContain(dirname(path));
  }
  expect(open() - before).toBeLessThanOrEqual(0);
  const path = await onDisk(whole);
  expect(await told(() => index({ path: join(dirname(path), "galaxy.h5") }))).toContain(
    "got nothing there. Did you mean",
  );
  expect(await told(() => index({ path: dirname(path) }))).toContain(
    "expected Galaxy10_DECals.h5 or Galaxy10.h5 in the folder",
  );
  const options = galaxy10.options.parse({ path });
  await expect(galaxy10.index(options, testContext(path, { signal: AbortSignal.abort() }))).rejects.toThrow("aborted");
  context.skip(process.platform !== "linux", "open files are counted on Linux only");
});

// Larger checks on real files that the repository does not carry; each skips, saying so, where they are absent.
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { DatasetItem } from "@lejepa/contracts";
import { expect, test, type TestContext } from "vitest";
import { testContext } from "@lejepa/contracts/testing";
import { decode, index } from "./_files.test-helper.ts";
import { folder } from "./plugin.ts";

const data = fileURLToPath(new URL("../../../../shared/data", import.meta.url));
const needs = (context: TestContext, path: string): string => {
  context.skip(!existsSync(join(data, path)), `needs the sample data ../shared/data/${path}`);
  return join(data, path);
};
const classCounts = (items: readonly DatasetItem[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { label = "", split = "" } of items) counts[`${split}/${label}`] = (counts[`${split}/${label}`] ?? 0) + 1;
  return counts;
};

test("CIFAR-10 in folders: ten classes, fixed splits", async (context) => {
  const { items } = await index({ path: needs(context, "folders/cifar10") });
  const counts = classCounts(items);
  expect(Object.keys(counts)).toHaveLength(20);
  expect([counts["train/cat"], counts["test/cat"], items.length]).toEqual([500, 100, 6000]);
});

test("galaxies: the labels of the folders are those of the CSV file", async (context) => {
  const path = needs(context, "galaxy/galaxyzoo1_sdss");
  const folders = await index({ path });
  const file = await index({ path, labels: "labels.csv", columns: { path: "file", label: "class_name" } });
  expect(folders.items).toHaveLength(640);
  expect(file.items).toEqual(folders.items);
});

test("chips with scenes as groups", async (context) => {
  const path = needs(context, "geotiff/neon_sites_chips");
  const { items } = await index({
    path,
    labels: "labels.csv",
    columns: { path: "file", label: "label", group: "source_tile" },
  });
  expect(items).toHaveLength(180);
  expect(new Set(items.map(({ label }) => label)).size).toBe(3);
  expect(new Set(items.map(({ group }) => group)).size).toBeGreaterThan(3);
});

interface Expected {
  readonly file: string;
  readonly width: number;
  readonly height: number;
  readonly dtype: string;
  readonly bands: number;
  readonly compression: string;
  readonly band_stats: readonly { readonly sha256_le: string; readonly palette: boolean }[];
}

// bits of another kind, palettes and lossy colour spaces differ by design; those files are left out
const plain = ({ width, height, dtype, bands, compression, band_stats, file }: Expected): boolean =>
  width === height &&
  [1, 3, 4].includes(bands) &&
  ["Byte", "UInt16"].includes(dtype) &&
  !compression.includes("JPEG") &&
  !band_stats.some(({ palette }) => palette) &&
  !/-[1-7]b|palette|i8|cmyk|miniswhite/.test(file);

// 10, 12 and 14 bits, signed bytes, and compressions that libvips is not built with
const refusable = ({ file, compression }: Expected): boolean =>
  /-1[024]b|12bit|int8/.test(file) || /ZSTD|LERC|LZMA/.test(compression);

async function readsAs({ file, width, dtype, bands, band_stats }: Expected): Promise<"same" | "other" | "refused"> {
  const record = await decode(join(data, file), {
    size: width,
    channels: bands,
    depth: dtype === "UInt16" ? 16 : 8,
  }).catch(() => undefined);
  if (record === undefined) return "refused";
  const same = band_stats.every(({ sha256_le }, band) => {
    const plane = record.data.filter((_value, i) => i % bands === band);
    return createHash("sha256").update(new Uint8Array(plane.buffer)).digest("hex") === sha256_le;
  });
  return same ? "same" : "other";
}

test.for(["neon_sites_chips", "naip4_chips_derived", "transcoded", "rasterio", "tiff_baseline"])(
  "TIFF %s: read exactly as GDAL does, or refused",
  async (set, context) => {
    const list = needs(context, `expected/geotiff_${set}.json`);
    const all = JSON.parse(readFileSync(list, "utf8")) as Expected[];
    const files = all.filter((entry) => entry.band_stats !== undefined && plain(entry));
    expect(files.length).toBeGreaterThan(0);
    for (const entry of files)
      expect([entry.file, await readsAs(entry)]).toEqual([entry.file, refusable(entry) ? "refused" : "same"]);
  },
);

interface Sample {
  readonly file: string;
  readonly width: number;
  readonly height: number;
  readonly rgb_mean: readonly number[];
}

test("inspect sees the sizes and means that Pillow sees", async (context) => {
  const list = needs(context, "expected/images_folders.json");
  const sets = JSON.parse(readFileSync(list, "utf8")) as Record<string, { readonly samples?: readonly Sample[] }>;
  // some sets' originals are not handed out
  const samples = Object.values(sets)
    .flatMap((set) => set.samples ?? [])
    .filter(({ file }) => existsSync(join(data, file)));
  expect(samples.length).toBeGreaterThan(10);
  for (const { file, width, height, rgb_mean } of samples) {
    const options = folder.options.parse({ path: "x" });
    const inspect = folder.inspect as NonNullable<typeof folder.inspect>;
    const seen = await inspect(join(data, file), { stage: "display", options }, testContext("unused"));
    expect([file, seen.shape]).toEqual([file, [height, width, 3]]);
    for (const [band, mean] of rgb_mean.entries()) {
      const plane = (seen.data as Uint8Array).filter((_, i) => i % 3 === band);
      // decoders of JPEG differ by a level here and there
      expect(Math.abs(plane.reduce((sum, value) => sum + value, 0) / plane.length - mean), file).toBeLessThan(0.6);
    }
  }
});

test("malformed TIFF files are refused, none hangs", async (context) => {
  const { items } = await index({ path: needs(context, "geotiff/malformed") });
  const results = await Promise.allSettled(items.map(({ source }) => decode(source.path)));
  expect(results.map(({ status }) => status)).toEqual(items.map(() => "rejected"));
});

test("photographs of every size decode", async (context) => {
  for (const set of ["food/food101", "folders/imagenet_sample_unlabelled"]) {
    const { items } = await index({ path: needs(context, set) });
    const step = Math.ceil(items.length / 20);
    for (let i = 0; i < items.length; i += step) {
      const { data: pixels } = await decode((items[i] as DatasetItem).source.path, { size: 64 });
      expect(new Set(pixels).size).toBeGreaterThan(20);
    }
  }
});

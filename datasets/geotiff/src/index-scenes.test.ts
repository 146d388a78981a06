// What the index lists, skips and says of sets of scenes.
import { readFileSync, statSync } from "node:fs";
import { copyFile, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bindDataset, type DatasetItem, domainOf } from "@lejepa/contracts";
import { checkDataset } from "@lejepa/contracts/testing";
import { expect, test } from "vitest";
import { caught, decode, index, inspect, makeFolder, raster, tiffOf } from "./_tiff.test-helper.ts";
import { geotiff } from "./plugin.ts";

const place = (x = 0, y = 0, epsg = 32618) => ({ x, y, size: 10, epsg });
const scene = (at = place(), side = 64): Uint8Array =>
  tiffOf(raster(side, side, (x, y) => (x * 3 + y) % 251, { place: at }));
const ids = (items: readonly DatasetItem[]): string[] => items.map(({ id }) => id);

test("the contract holds", async () => {
  const root = await makeFolder({ "a/x.tif": scene(), "b/y.tif": scene(place(5000)), "b/notes.txt": "" });
  expect(
    await checkDataset(geotiff, { path: root, chips: { size: 16 } }, { cacheDir: await makeFolder({}), size: 8 }),
  ).toEqual([]);
});

test("small scenes are items, large ones chips on a grid; facts, bounds and labels come along", async () => {
  const root = await makeFolder({
    "crop/small.tif": scene(place(1000), 30),
    "forest/large.tif": scene(),
    "readme.md": "",
  });
  const { items, skipped, warnings, channels } = await index({ path: root, chips: { size: 16 } });
  expect(items).toHaveLength(17);
  expect(ids(items).slice(0, 3)).toEqual([
    "crop/small.tif",
    "forest/large.tif#0,0,16,16",
    "forest/large.tif#16,0,16,16",
  ]);
  expect([items[0]?.label, items[1]?.label, channels, warnings]).toEqual(["crop", "forest", ["band1"], []]);
  expect(items[2]?.source).toMatchObject({ crs: "EPSG:32618", bounds: [160, -160, 320, 0], window: [16, 0, 16, 16] });
  expect(items[0]?.facts).toEqual({
    crs: "EPSG:32618",
    resolution: 10,
    dtype: "uint8",
    compression: "None",
    layout: "strips",
    bands: 1,
    nodata: "none",
    placed: "affine",
  });
  expect(skipped).toEqual([{ reason: ".md files", count: 1, examples: ["readme.md"] }]);
});

test("chips with too little data are left out and counted; a scene of nodata is skipped", async () => {
  const half = tiffOf(raster(64, 64, (x, y) => (x < 32 ? 0 : 1 + y), { place: place(), nodata: "0" }));
  const empty = tiffOf(raster(64, 64, () => 0, { place: place(9000), nodata: "0" }));
  const root = await makeFolder({ "empty.tif": empty, "half.tif": half });
  const { items, skipped } = await index({ path: root, chips: { size: 16 } });
  expect(items.every(({ source }) => ((source["window"] as number[])[0] as number) >= 32)).toBe(true);
  expect(items).toHaveLength(8);
  expect(skipped).toEqual([
    { reason: "chips with less than 90 % valid pixels", count: 8, examples: ["half.tif"] },
    { reason: "scenes without valid pixels", count: 1, examples: ["empty.tif"] },
  ]);
  expect((await index({ path: root, chips: { size: 16, minValid: 0 } })).items).toHaveLength(32);
});

test("random chips are seeded, as many as asked for, and hold enough data", async () => {
  const root = await makeFolder({
    "s.tif": tiffOf(raster(100, 100, (x) => (x < 50 ? 0 : x), { place: place(), nodata: "0" })),
  });
  const chips = { size: 16, sampling: "random", count: 12, seed: 3 } as const;
  const first = await index({ path: root, chips, blocks: "none" });
  expect(first.items).toHaveLength(12);
  expect(ids((await index({ path: root, chips, blocks: "none" })).items)).toEqual(ids(first.items));
  expect(ids((await index({ path: root, chips: { ...chips, seed: 4 }, blocks: "none" })).items)).not.toEqual(
    ids(first.items),
  );
  for (const { source } of first.items) expect((source["window"] as number[])[0]).toBeGreaterThan(44);
});

test("a total is shared out by area", async () => {
  const root = await makeFolder({ "big.tif": scene(place(), 128), "little.tif": scene(place(9000), 64) });
  for (const sampling of ["grid", "random"] as const) {
    const { items } = await index({ path: root, chips: { size: 16, total: 20, sampling }, blocks: "none" });
    expect(items).toHaveLength(20);
    expect(items.filter(({ id }) => id.startsWith("big")).length).toBeGreaterThan(10);
  }
});

test("blocks: neighbours stay together, chips that share pixels with another block are left out", async () => {
  const root = await makeFolder({ "s.tif": scene(place(0, 0), 128) });
  const blocks = { size: 320, unit: "crs" } as const;
  const grid = await index({ path: root, chips: { size: 16 }, blocks });
  expect(new Set(grid.items.map(({ group }) => group)).size).toBe(16);
  expect(grid.items.find(({ id }) => id.endsWith("#16,16,16,16"))?.group).toBe(grid.items[0]?.group);
  const overlapping = await index({ path: root, chips: { size: 16, stride: 8 }, blocks });
  const pixels = new Map<string, string>();
  for (const { source, group } of overlapping.items) {
    const [x, y] = source["window"] as [number, number];
    for (let i = 0; i < 256; i++) {
      const key = `${x + (i % 16)},${y + Math.floor(i / 16)}`;
      expect(pixels.get(key) ?? group).toBe(group);
      pixels.set(key, group as string);
    }
  }
  expect(overlapping.skipped?.[0]?.reason).toBe("chips across the border of two blocks, whose pixels others share");
});

test("blocks by default: the scene for many, parts of it for few, common ground for two scenes of one place", async () => {
  const many = await makeFolder(
    Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`s${i}.tif`, scene(place(i * 1000))])),
  );
  expect(new Set((await index({ path: many, chips: { size: 16 } })).items.map(({ group }) => group))).toEqual(
    new Set(Array.from({ length: 10 }, (_, i) => `s${i}.tif`)),
  );
  const years = await makeFolder({ "2001.tif": scene(), "2002.tif": scene() });
  const { items } = await index({ path: years, chips: { size: 8 } });
  const groupOf = (id: string) => items.find((item) => item.id === id)?.group;
  expect(groupOf("2001.tif#24,24,8,8")).toBe(groupOf("2002.tif#24,24,8,8"));
  expect(new Set(items.map(({ group }) => group)).size).toBe(64);
});

test("radar has its own augmentation policy", () => {
  const policyFor = (options: object): string | undefined =>
    domainOf(bindDataset(geotiff, { path: "scenes", ...options }))?.name;
  expect([policyFor({}), policyFor({ sensor: "sentinel-1" }), policyFor({ decibels: true })]).toEqual([
    "satellite-optical",
    "satellite-sar",
    "satellite-sar",
  ]);
});

test("the same window of the same grid at another date is the same place; other ground is none", async () => {
  const root = await makeFolder({
    "may.tif": scene(),
    "june.tif": scene(),
    "shifted.tif": scene(place(5)),
    "zone.tif": scene(place(0, 0, 32619)),
    "smaller.tif": scene(place(), 48),
    "nowhere.tif": tiffOf(raster(64, 64, (x) => x)),
    "nowhere too.tif": tiffOf(raster(64, 64, (x) => x)),
  });
  const { items } = await index({ path: root, chips: { size: 16 }, blocks: "scene" });
  const placed = items.filter((item) => item.place !== undefined);
  expect(new Set(placed.map(({ id }) => id.split("#")[0]))).toEqual(new Set(["may.tif", "june.tif"]));
  expect(placed).toHaveLength(32);
  const dates = new Map<string, string[]>();
  for (const { id, place: at } of placed) dates.set(at as string, [...(dates.get(at as string) ?? []), id]);
  for (const pair of dates.values()) {
    expect(pair).toHaveLength(2);
    expect(new Set(pair.map((id) => id.split("#")[1])).size).toBe(1);
  }
});

test("blocks of kilometres follow the globe in degrees", async () => {
  const geographic = {
    33550: Float64Array.of(0.001, 0.001, 0),
    33922: Float64Array.of(0, 0, 0, 10, 60, 0),
    34735: [1, 1, 0, 2, 1024, 0, 1, 2, 2048, 0, 1, 4326],
  };
  const root = await makeFolder({ "g.tif": tiffOf(raster(200, 100, (x) => x, { tags: geographic })) });
  const { items } = await index({ path: root, chips: { size: 8 }, blocks: { size: 5.5, unit: "km" } });
  // 0.2 degrees of longitude at 60 degrees north and 0.1 of latitude are 11.1 km each: two or three blocks a side
  const count = new Set(items.map(({ group }) => group)).size;
  expect(count).toBeGreaterThanOrEqual(4);
  expect(count).toBeLessThanOrEqual(9);
  expect(items[0]?.facts?.["crs"]).toBe("EPSG:4326");
});

test("what the user should know: systems, resolutions, positions, pages, one block", async () => {
  const warnings = async (files: Record<string, Uint8Array>, more = {}): Promise<string> =>
    ((await index({ path: await makeFolder(files), chips: { size: 16 }, ...more })).warnings ?? []).join("\n");
  expect(await warnings({ "a.tif": scene(), "b.tif": scene(place(0, 0, 32619)) })).toContain(
    "2 coordinate systems (EPSG:32618: 1, EPSG:32619: 1)",
  );
  expect(await warnings({ "a.tif": scene(), "b.tif": scene({ ...place(), size: 20 } as never) })).toContain(
    "pixels of scenes in EPSG:32618 are 10 to 20 units wide",
  );
  expect(await warnings({ "a.tif": tiffOf(raster(64, 64, (x) => x)) })).toContain("no scene has a position");
  expect(await warnings({ "a.tif": scene(), "b.tif": tiffOf(raster(64, 64, (x) => x)) })).toContain(
    "1 scenes have no position",
  );
  const rotation = { 34264: Float64Array.of(8, 6, 0, 0, 6, -8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1) };
  expect(await warnings({ "a.tif": tiffOf(raster(64, 64, (x) => x, { tags: rotation })) })).toContain(
    "1 scenes are rotated",
  );
  const points = { 33922: Float64Array.of(0, 0, 0, 1, 2, 0, 9, 9, 0, 3, 4, 0) };
  expect(await warnings({ "a.tif": tiffOf(raster(64, 64, (x) => x, { tags: points })) })).toContain(
    "1 scenes are placed by control points alone",
  );
  expect(
    await warnings({
      "a.tif": tiffOf(
        raster(64, 64, (x) => x),
        raster(8, 8, (x) => x),
      ),
    }),
  ).toContain("1 files have several pages: the first is used");
  expect(await warnings({ "a.tif": scene() }, { blocks: { size: 1e6 } })).toContain(
    "all 16 items lie in one block: there is nothing to validate on",
  );
});

test("scenes with another number of bands are left out and counted", async () => {
  const three = tiffOf(raster(20, 20, (x) => x, { bands: 3, place: place() }));
  const root = await makeFolder({ "a.tif": three, "b.tif": three, "c.tif": scene(place(900), 20) });
  const { items, skipped } = await index({ path: root });
  expect(ids(items)).toEqual(["a.tif", "b.tif"]);
  expect(skipped).toEqual([
    {
      reason: "1 bands where most scenes have 3; choose common ones with the option bands",
      count: 1,
      examples: ["c.tif"],
    },
  ]);
  expect((await index({ path: root, bands: [1] })).items).toHaveLength(3);
});

test("files that cannot be read are skipped by reason, without their names in it", async () => {
  const root = await makeFolder({
    "bad.tif": "no raster at all",
    "cut.tif": scene().subarray(0, 4100),
    "good.tif": scene(),
  });
  const { skipped } = await index({ path: root, chips: { size: 16 } });
  expect(skipped).toEqual([
    { reason: "This is no TIFF file", count: 1, examples: ["bad.tif"] },
    { reason: "The file ends before its directory", count: 1, examples: ["cut.tif"] },
  ]);
});

test("a second index reads no file that is as it was, and notices one that is not", async () => {
  const root = await makeFolder({ "a.tif": tiffOf(raster(64, 64, (x) => x + 1, { place: place(), nodata: "0" })) });
  const [path, cacheDir] = [join(root, "a.tif"), await makeFolder({})];
  const first = await index({ path: root, chips: { size: 16 } }, cacheDir);
  // the same size and time, but nothing to read
  const when = new Date(1_700_000_000_000);
  await utimes(path, when, when);
  await index({ path: root, chips: { size: 16 } }, cacheDir);
  await writeFile(path, new Uint8Array(statSync(path).size));
  await utimes(path, when, when);
  expect(await index({ path: root, chips: { size: 16 } }, cacheDir)).toEqual(first);
  await rm(path);
  await copyFile(join(await makeFolder({ "b.tif": scene(place(7000)) }), "b.tif"), path);
  const changed = await index({ path: root, chips: { size: 16 } }, cacheDir);
  expect(changed.items[0]?.source["bounds"]).not.toEqual(first.items[0]?.source["bounds"]);
});

test("wrong paths", async () => {
  const root = await makeFolder({ "scenes/a.txt": "" });
  const message = async (path: string) => (await caught(() => index({ path }))).message.replaceAll(root, "ROOT");
  expect(await message(join(root, "scene"))).toBe(
    "dataset geotiff: ROOT/scene: expected TIFF files (.tif, .tiff), got nothing there. Did you mean ROOT/scenes?",
  );
  expect(await message(join(root, "scenes"))).toBe(
    "dataset geotiff: ROOT/scenes: expected TIFF files (.tif, .tiff), got only 1 .txt files.",
  );
  const bad = await makeFolder({ "a.tif": "x" });
  expect((await caught(() => index({ path: bad }))).message).toContain(
    "expected rasters that can be read, got 1 that cannot: This is no TIFF file.",
  );
  const gaps = await makeFolder({ "a.tif": tiffOf(raster(64, 64, () => 0, { nodata: "0" })) });
  expect((await caught(() => index({ path: gaps }))).message).toContain(
    "expected at least one chip, got only 1 scenes without valid pixels.",
  );
});

test("an index can be stopped", async () => {
  const root = await makeFolder({ "a.tif": scene() });
  const context = {
    cacheDir: root,
    log() {},
    hashGroup: (text: string) => text,
    download: async () => "",
    signal: AbortSignal.abort(),
  };
  await expect(geotiff.index(geotiff.options.parse({ path: root }), context)).rejects.toThrow("aborted");
});

test("a file, and one band a file", async () => {
  const root = await makeFolder({ "only.tif": scene(place(), 20) });
  expect(ids((await index({ path: join(root, "only.tif") })).items)).toEqual(["only.tif"]);
  const bands = await makeFolder({
    "S_B04.tif": scene(place(), 20),
    "S_B08.tif": tiffOf(raster(20, 20, () => 9, { place: place() })),
    "T_B04.tif": scene(place(900), 20),
    "x.tif": scene(),
  });
  const options = { path: bands, pattern: "(?<scene>.*)_(?<band>B\\d+)\\.tif" };
  const { items, skipped, channels } = await index(options);
  expect([ids(items), channels]).toEqual([["S"], ["B04", "B08"]]);
  expect(skipped?.map(({ reason }) => reason)).toEqual([
    "TIFF files that the pattern does not match",
    "1 bands where most scenes have 2; choose common ones with the option bands",
  ]);
  const { data } = await decode(items[0] as DatasetItem, options, { size: 20, channels: 2 });
  expect([data[0], data[1], data[2], data[3]]).toEqual([0, 9, 3, 9]);
});

test("no text of a header reaches the index, the cache, a fact or an error", async () => {
  const planted = ["Jane Doe", "1961-02-03", "case 4711"];
  const xml = `<GDALMetadata><Item name="OWNER">${planted[0]}</Item><Item name="NOTE" sample="0">${planted[2]}</Item></GDALMetadata>`;
  const tags = {
    270: planted.join(),
    305: planted[0] as string,
    306: planted[1] as string,
    315: planted[0] as string,
    34737: planted.join("|"),
    42112: xml,
  };
  const good = tiffOf(raster(64, 64, (x) => x, { place: place(), nodata: "0", tags }));
  const bad = tiffOf(raster(64, 64, (x) => x, { tags: { ...tags, 279: 5 } }));
  const [root, cacheDir] = [await makeFolder({ "good.tif": good, "bad.tif": bad }), await makeFolder({})];
  const found = await index({ path: root, chips: { size: 16 } }, cacheDir);
  const seen = await inspect(join(root, "good.tif"), "values");
  const { message } = await caught(() => inspect(join(root, "bad.tif"), "stored"));
  const kept = (await readdir(cacheDir)).map((name) => readFileSync(join(cacheDir, name), "utf8"));
  expect(kept).toHaveLength(1);
  const output = JSON.stringify([found, seen.facts, message, kept]);
  for (const text of planted) expect(output).not.toContain(text);
});

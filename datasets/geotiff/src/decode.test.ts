// Physical values, masks, bands and indices of decoded items.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { DatasetItem } from "@lejepa/contracts";
import { expect, test } from "vitest";
import { caught, decode, index, makeFolder, raster, tiffOf, type Raster } from "./_tiff.test-helper.ts";

const place = { x: 0, y: 0, size: 10 };

async function decodeOnly(
  files: Readonly<Record<string, Uint8Array>>,
  more: object = {},
  target?: { size: number; channels: number },
) {
  const options = { path: await makeFolder(files), ...more };
  const { items, channels } = await index(options);
  return decode(items[0] as DatasetItem, options, target ?? { size: 8, channels: channels?.length ?? 3 });
}

test.for<readonly [string, Raster, string]>([
  ["uint8", raster(8, 8, (x) => x), "uint8"],
  ["uint16", raster(8, 8, (x) => 900 * x, { type: Uint16Array }), "uint16"],
  ["int8", raster(8, 8, (x) => x - 4, { type: Int8Array }), "int16"],
  ["int16", raster(8, 8, (x) => x - 4, { type: Int16Array }), "int16"],
  ["int32", raster(8, 8, (x) => 1e6 * x, { type: Int32Array }), "float32"],
  ["float32", raster(8, 8, (x) => x / 3, { type: Float32Array }), "float32"],
  ["float64", raster(8, 8, (x) => x / 3, { type: Float64Array }), "float32"],
])("%s keeps its values", async ([, image, dtype]) => {
  const record = await decodeOnly({ "a.tif": tiffOf(image) });
  expect(record.dtype).toBe(dtype);
  expect(Array.from(record.data)).toEqual(Array.from(Float32Array.from(image.pixels)));
  expect([record.mask, record.note]).toEqual([undefined, undefined]);
});

test("spacing is in units of the coordinate system, and grows as the image shrinks", async () => {
  const files = { "a.tif": tiffOf(raster(16, 16, (x) => x, { place })) };
  expect((await decodeOnly(files, {}, { size: 16, channels: 1 })).spacing).toEqual([10, 10]);
  expect((await decodeOnly(files, {}, { size: 8, channels: 1 })).spacing).toEqual([20, 20]);
});

test("nodata and NaN are masked and take no part in the resize", async () => {
  const holes = raster(16, 16, (x) => (x < 4 ? -9999 : x < 6 ? Number.NaN : 5), {
    type: Float32Array,
    nodata: "-9999",
  });
  const { data, mask } = await decodeOnly({ "a.tif": tiffOf(holes) }, { chips: { minValid: 0 } });
  expect(Array.from((mask as Uint8Array).subarray(0, 8))).toEqual([0, 0, 0, 1, 1, 1, 1, 1]);
  expect(new Set(data)).toEqual(new Set([5]));
});

test("a pixel of several bands: masked where all are nodata at 8 bits, where any is at 16", async () => {
  const pixels = (type: typeof Uint8Array | typeof Uint16Array): Raster =>
    raster(8, 8, (x, _, band) => (x === 0 || (x === 1 && band === 0) ? 0 : 50), { bands: 2, type, nodata: "0" });
  const masked = async (image: Raster, invalid = "auto") => {
    const { mask } = await decodeOnly({ "a.tif": tiffOf(image) }, { chips: { minValid: 0 }, invalid });
    return Array.from((mask as Uint8Array).subarray(0, 3));
  };
  expect(await masked(pixels(Uint8Array))).toEqual([0, 1, 1]);
  expect(await masked(pixels(Uint16Array))).toEqual([0, 0, 1]);
  expect(await masked(pixels(Uint8Array), "any")).toEqual([0, 0, 1]);
  expect(await masked(pixels(Uint16Array), "all")).toEqual([0, 1, 1]);
});

test("nodata can be given or taken away", async () => {
  const files = { "a.tif": tiffOf(raster(8, 8, (x) => x, { nodata: "3" })) };
  const maskOf = async (nodata: number | "none") => (await decodeOnly(files, { nodata, chips: { minValid: 0 } })).mask;
  expect(await maskOf("none")).toBeUndefined();
  expect(Array.from(((await maskOf(6)) as Uint8Array).subarray(0, 8))).toEqual([1, 1, 1, 1, 1, 1, 0, 1]);
});

test("alpha and the file's mask become the mask, not channels", async () => {
  const alpha = tiffOf(
    raster(8, 8, (x, _, band) => (band === 3 ? (x < 2 ? 0 : 255) : 9), { bands: 4, tags: { 262: 2, 338: 2 } }),
  );
  const record = await decodeOnly({ "a.tif": alpha }, { chips: { minValid: 0 } });
  expect([record.channels, Array.from((record.mask as Uint8Array).subarray(0, 3))]).toEqual([3, [0, 0, 1]]);
  const mask = raster(8, 8, (x) => (x < 3 ? 0 : 255), { tags: { 254: 4, 262: 4 } });
  const masked = await decodeOnly(
    {
      "a.tif": tiffOf(
        raster(8, 8, () => 9),
        mask,
      ),
    },
    { chips: { minValid: 0 } },
  );
  expect(Array.from((masked.mask as Uint8Array).subarray(0, 4))).toEqual([0, 0, 0, 1]);
});

test("a colour map becomes colours, white-is-zero is turned around", async () => {
  const { cases } = JSON.parse(readFileSync(new URL("../fixtures/rasters.json", import.meta.url), "utf8")) as {
    cases: Record<string, { file: string }>;
  };
  const colours = await decodeOnly(
    { "a.tif": Buffer.from((cases["palette"] as { file: string }).file, "base64") },
    { fit: "crop" },
    { size: 19, channels: 3 },
  );
  const seen = new Set(Array.from({ length: 361 }, (_, i) => colours.data.slice(3 * i, 3 * i + 3).join()));
  expect(seen).toEqual(new Set(["255,0,0", "0,128,0", "10,20,30", "250,240,230"]));
  const white = await decodeOnly({ "a.tif": tiffOf(raster(8, 8, (x) => x, { tags: { 262: 0 } })) });
  expect(Array.from(white.data.subarray(0, 3))).toEqual([255, 254, 253]);
});

test("bands by name and number, in any order", async () => {
  const files = { "a.tif": tiffOf(raster(8, 8, (_, __, band) => 10 * band, { bands: 4 })) };
  const first = async (bands: (string | number)[]) => {
    const { data } = await decodeOnly(files, { bands, sensor: "naip" });
    return Array.from(data.subarray(0, bands.length));
  };
  expect(await first(["nir", "red"])).toEqual([30, 0]);
  expect(await first([3, "g"])).toEqual([20, 10]);
  const { message } = await caught(() => first(["nri"]));
  expect(message).toContain('expected a band "nri", got 4 bands, red, green, blue, nir');
});

test("a sensor's scale, its nodata and its range; the file's own tags and the options go before", async () => {
  const image = raster(8, 8, (x) => 1000 * x, { bands: 4, type: Uint16Array });
  const options = {
    path: await makeFolder({ "a.tif": tiffOf(image) }),
    sensor: "sentinel-2",
    chips: { minValid: 0 },
  } as const;
  const { items, channels, range, warnings } = await index(options);
  expect([channels, range]).toEqual([
    ["B02", "B03", "B04", "B08"],
    [0, 0.4],
  ]);
  expect(warnings?.join()).toContain("set offset to -0.1");
  const { data, mask } = await decode(items[0] as DatasetItem, options, { size: 8, channels: 4 });
  expect([data[4], mask?.[0], mask?.[1]]).toEqual([Math.fround(0.1), 0, 1]);
  const moved = await decode(items[0] as DatasetItem, { ...options, offset: -0.1 }, { size: 8, channels: 4 });
  expect(moved.data[8]).toBeCloseTo(0.1, 6);
  const xml =
    '<GDALMetadata><Item name="SCALE" sample="0" role="scale">2</Item><Item name="DESCRIPTION" sample="0" role="description">B8A</Item></GDALMetadata>';
  const tagged = await decodeOnly(
    { "a.tif": tiffOf(raster(8, 8, (x) => x, { type: Uint16Array, tags: { 42112: xml } })) },
    { sensor: "sentinel-2", bands: ["nir08"], chips: { minValid: 0 } },
  );
  expect(tagged.data[3]).toBe(6);
});

test("spectral indices are appended; 0 / 0 is masked", async () => {
  const bands = [200, 100, 50, 240];
  const image = raster(8, 8, (x, _, band) => (x === 0 ? 0 : (bands[band] as number)), { bands: 4 });
  const { data, mask, channels } = await decodeOnly(
    { "a.tif": tiffOf(image) },
    { sensor: "naip", bands: ["red"], indices: ["ndvi", "ndwi"] },
  );
  expect([channels, mask?.[0], mask?.[1]]).toEqual([3, 0, 1]);
  expect(data[3]).toBe(200);
  expect(data[4]).toBeCloseTo((240 - 200) / 440, 6);
  expect(data[5]).toBeCloseTo((100 - 240) / 340, 6);
  const { message } = await caught(() => decodeOnly({ "a.tif": tiffOf(image) }, { indices: ["nbr"] }));
  expect(message).toContain("expected a band nir for nbr, got band1, band2, band3, band4");
});

test("decibels of linear power; 0 and less are masked", async () => {
  const image = raster(8, 8, (x) => [0, 0.1, 1, 10][x % 4] as number, { type: Float32Array });
  const { data, mask } = await decodeOnly({ "a.tif": tiffOf(image) }, { decibels: true, chips: { minValid: 0 } });
  expect([data[1], data[2], data[3], mask?.[0]]).toEqual([-10, 0, 10, 0]);
});

test("bands of other resolutions are repeated onto the finest that is asked for", async () => {
  const files = {
    "s_B02.tif": tiffOf(raster(32, 32, (x, y) => x + y, { place })),
    "s_B11.tif": tiffOf(raster(16, 16, (x, y) => 100 + x + y, { place: { ...place, size: 20 } })),
  };
  const options = {
    path: await makeFolder(files),
    pattern: "(?<scene>.*)_(?<band>B\\d+)",
    chips: { size: 8 },
    blocks: "none",
  } as const;
  const { items } = await index(options);
  const item = items.find(({ id }) => id.endsWith("#8,16,8,8")) as DatasetItem;
  const { data } = await decode(item, options, { size: 8, channels: 2 });
  const at = (x: number, y: number) => Array.from(data.subarray((y * 8 + x) * 2, (y * 8 + x) * 2 + 2));
  expect([at(0, 0), at(1, 0), at(3, 5)]).toEqual([
    [24, 112],
    [25, 112],
    [32, 115],
  ]);
  const coarse = await index({ ...options, bands: ["B11"] });
  expect(coarse.items[0]?.facts?.["resolution"]).toBe(20);
});

test("one band serves as gray; any other number of channels is the user's choice", async () => {
  const gray = await decodeOnly({ "a.tif": tiffOf(raster(8, 8, (x) => x)) }, {}, { size: 8, channels: 3 });
  expect(Array.from(gray.data.subarray(3, 6))).toEqual([1, 1, 1]);
  const { code, message } = await caught(() =>
    decodeOnly({ "a.tif": tiffOf(raster(8, 8, (x) => x, { bands: 4 })) }, {}, { size: 8, channels: 3 }),
  );
  expect([code, message]).toEqual([
    "E_SHAPE",
    "a.tif: expected 3 channels, got 4 bands. Choose bands with the option bands, or set data.channels.",
  ]);
});

test("a scene that shrinks a lot is read from its overview", async () => {
  const overview = raster(64, 64, () => 200, { tags: { 254: 1 } });
  const files = {
    "a.tif": tiffOf(
      raster(256, 256, () => 100),
      overview,
    ),
  };
  const whole = { chips: { size: "whole" } } as const;
  expect((await decodeOnly(files, whole, { size: 32, channels: 1 })).data[0]).toBe(200);
  expect((await decodeOnly(files, whole, { size: 64, channels: 1 })).data[0]).toBe(100);
});

test("a file that is gone, and an image smaller than the target", async () => {
  const root = await makeFolder({ "a.tif": tiffOf(raster(8, 8, (x) => x)) });
  const { items } = await index({ path: root });
  expect((await decode(items[0] as DatasetItem, { path: root }, { size: 16, channels: 1 })).note).toBe(
    "smaller than the stored size, enlarged",
  );
  const item = { id: "x", source: { path: join(root, "b.tif") } };
  expect((await caught(() => decode(item, { path: root }, { size: 8, channels: 1 }))).code).toBe("E_IO");
});

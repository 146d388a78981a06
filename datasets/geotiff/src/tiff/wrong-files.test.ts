// What is no TIFF, is damaged, or is of a kind that is not read: one line each, naming it.
import { join } from "node:path";
import { fc, test as property } from "@fast-check/vitest";
import { isLejepaError } from "@lejepa/contracts";
import { expect, test } from "vitest";
import { caught, inspect, makeFolder, raster, tiffOf, type Raster } from "../_tiff.test-helper.ts";

const small = (tags: Raster["tags"] = {}): Uint8Array => tiffOf(raster(8, 8, (x, y) => x + y, { tags }));

async function messageOf(bytes: Uint8Array): Promise<string> {
  const path = join(await makeFolder({ "secret-name.tif": bytes }), "secret-name.tif");
  return (await caught(() => inspect(path, "stored"))).message;
}

test.for<readonly [string, Uint8Array, string]>([
  ["nothing", new Uint8Array(0), "The file is empty."],
  ["text", Buffer.from("hello, this is no raster"), "This is no TIFF file."],
  [
    "a header alone",
    small().subarray(0, 8),
    "The file ends before its directory. It is truncated or damaged: fetch it again.",
  ],
  [
    "a directory cut off",
    small().subarray(0, small().length - 9),
    "The file ends before its directory. It is truncated or damaged: fetch it again.",
  ],
  ["no pixels", small({ 273: 60_000 }), "The file ends before its pixels. It is truncated or damaged: fetch it again."],
  [
    "too few bytes",
    small({ 279: 10 }),
    "A block has 10 of 64 bytes. The file is truncated or damaged: fetch it again.",
  ],
  ["no width", small({ 256: 0 }), "Its width is 0."],
  ["a huge strip", small({ 257: 4_000_000_000, 278: 4_000_000_000 }), "Its height is 4000000000."],
  [
    "a huge tile",
    small({ 322: 2_000_000, 323: 2_000_000, 324: 8, 325: 64 }),
    "A block of it has 3814698 MB decoded; 256 are the most. Convert it with gdal_translate -co TILED=YES.",
  ],
  [
    "a row of two gigabytes",
    small({ 256: 2_147_483_647, 257: 2_147_483_647, 278: 2_147_483_647 }),
    "A block of it has 4398046507008 MB decoded; 256 are the most. Convert it with gdal_translate -co TILED=YES.",
  ],
  [
    "a hole of many gigabytes",
    small({ 256: 200_000, 257: 200_000, 278: 200_000, 279: 0 }),
    "38147 MB are too much at once; 256 are the most. Ask for a window, or for chips.",
  ],
  ["too many bands", small({ 277: 65_535 }), "Its number of bands is 65535."],
  [
    "complex values",
    small({ 339: 6, 258: 64 }),
    "Complex values are not supported: a pixel has no single value. Store magnitude and phase as bands, or intensity.",
  ],
  ["an odd float", small({ 339: 3, 258: 8 }), "Samples of 8 bits and format 3 are not supported."],
  [
    "LZMA",
    small({ 259: 34_925 }),
    "LZMA compression is not supported (no maintained decoder under Node). Convert it with gdal_translate -co COMPRESS=DEFLATE.",
  ],
  ["an unknown compression", small({ 259: 4711 }), "Compression 4711 is not known."],
  [
    "bands that differ",
    tiffOf(raster(4, 4, () => 1, { bands: 2, tags: { 258: [8, 16] } })),
    "Its bands differ in bits a sample (8 and 16).",
  ],
  ["a damaged stream", small({ 259: 8 }), "A block is damaged."],
])("%s", async ([, bytes, message]) => {
  expect(await messageOf(bytes)).toBe(`secret-name.tif: ${message}`);
});

test("directories in a circle", async () => {
  const bytes = small();
  const directory = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true);
  const entries = new DataView(bytes.buffer, bytes.byteOffset).getUint16(directory, true);
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(directory + 2 + 12 * entries, directory, true);
  expect(await messageOf(bytes)).toBe("secret-name.tif: Its directories lead in a circle.");
});

test("no file, no page, no such window", async () => {
  const root = await makeFolder({ "a.tif": small() });
  expect((await caught(() => inspect(join(root, "b.tif"), "stored"))).message).toBe(
    "b.tif: expected a file that can be read, got nothing there.",
  );
  expect((await caught(() => inspect(join(root, "a.tif"), "stored", { frame: 1 }))).message).toBe(
    "a.tif: expected a page below 1, got 1.",
  );
  const window = { x: 4, y: 4, width: 5, height: 1 };
  expect((await caught(() => inspect(join(root, "a.tif"), "stored", { window }))).message).toContain(
    "expected a window inside 8 x 8 pixels, got 4,4,5,1",
  );
});

// larger runs over mutants of real files are made by hand; this keeps the gate itself honest
property.prop([fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }), fc.nat(400)], {
  numRuns: 300,
})("bytes changed or cut off end in a typed error or an image", async (changes, cut) => {
  const bytes = Uint8Array.from(
    tiffOf(raster(8, 8, (x, y, band) => x + y + band, { bands: 3, type: Uint16Array, nodata: "3" })),
  );
  for (const [at, value] of changes) bytes[at % bytes.length] = value;
  const path = join(await makeFolder({ "x.tif": cut > 200 ? bytes.subarray(0, cut) : bytes }), "x.tif");
  try {
    const { data, shape } = await inspect(path, "values");
    expect(data.length).toBe(shape.reduce((product, length) => product * length, 1));
  } catch (error) {
    if (!isLejepaError(error)) throw error;
  }
});

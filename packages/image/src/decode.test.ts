import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import sharp from "sharp";
import { expect, onTestFinished, test } from "vitest";
import { bytesOf, decode, goldens, type Golden } from "./_goldens.test-helper.ts";

const largest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - (b[i] as number))));
const optionsOf = (name: string) => ({
  fit: name.includes("squash") ? ("squash" as const) : ("crop" as const),
  background: name.includes("white") ? ("white" as const) : ("black" as const),
});

test.each(Object.keys(goldens))("%s: the pixels that Pillow reads", async (name) => {
  const { shape, bits, tolerance, pixels } = goldens[name] as Golden;
  const record = await decode(bytesOf(name), { channels: shape[2], depth: bits, ...optionsOf(name) });
  expect(record).toMatchObject({ width: 8, height: 8, channels: shape[2], dtype: bits === 16 ? "uint16" : "uint8" });
  expect(record.data).toHaveLength(pixels.length);
  expect(largest(record.data, pixels)).toBeLessThanOrEqual(tolerance);
});

test("gray, gray and alpha, colour and RGBA all become the channels wanted", async () => {
  const gray = (goldens["gray.png"] as Golden).pixels;
  const fromGray = await decode(bytesOf("gray.png"));
  expect([...fromGray.data]).toEqual(gray.flatMap((value) => [value, value, value]));
  // Rec. 601, as Pillow converts; it rounds in another place
  const fromColour = await decode(bytesOf("rgb.png"), { channels: 1 });
  expect(largest(fromColour.data, gray)).toBeLessThanOrEqual(1);
  const four = await decode(bytesOf("rgb.png"), { channels: 4 });
  expect([...four.data].filter((_, i) => i % 4 === 3)).toEqual(Array.from({ length: 64 }, () => 255));
  expect([...four.data].filter((_, i) => i % 4 < 3)).toEqual((goldens["rgb.png"] as Golden).pixels);
  const alpha = await decode(bytesOf("gray-alpha-on-black.png"), { channels: 4 });
  expect(Array.from(alpha.data.subarray(0, 16)).filter((_, i) => i % 4 === 3)).toEqual([0, 64, 128, 255]);
});

test("8 and 16 bits convert into each other with white staying white", async () => {
  const up = await decode(bytesOf("gray.png"), { channels: 1, depth: 16 });
  expect([...up.data]).toEqual((goldens["gray.png"] as Golden).pixels.map((value) => value * 257));
  const down = await decode(bytesOf("gray16.png"), { channels: 1, depth: 8 });
  expect([...down.data]).toEqual((goldens["gray16.png"] as Golden).pixels.map((value) => Math.round(value / 257)));
  const deepColour = await decode(bytesOf("gray16.png"), { depth: 16 });
  expect(Array.from(deepColour.data.subarray(0, 3))).toEqual(
    Array.from({ length: 3 }, () => (goldens["gray16.png"] as Golden).pixels[0]),
  );
});

test("fit: crop keeps the centre, squash the whole, pad the whole with bars", async () => {
  // left third red, middle green, right blue
  const stripes = Buffer.from(
    Array.from({ length: 24 * 8 }, (_, i) => [0, 1, 2].map((c) => (Math.floor((i % 24) / 8) === c ? 255 : 0))).flat(),
  );
  const path = await sharp(stripes, { raw: { width: 24, height: 8, channels: 3 } })
    .png()
    .toBuffer();
  const pixel = (data: ArrayLike<number>, x: number, y: number) =>
    [0, 1, 2].map((c) => data[(y * 8 + x) * 3 + c] as number);
  const crop = await decode(path, { fit: "crop" });
  expect([pixel(crop.data, 0, 0), pixel(crop.data, 7, 7)]).toEqual([
    [0, 255, 0],
    [0, 255, 0],
  ]);
  const squash = await decode(path, { fit: "squash" });
  expect(largest(pixel(squash.data, 0, 4), [255, 0, 0])).toBeLessThan(8);
  expect(largest(pixel(squash.data, 7, 4), [0, 0, 255])).toBeLessThan(8);
  const pad = await decode(path, { fit: "pad" });
  expect([pixel(pad.data, 4, 0), pixel(pad.data, 4, 7)]).toEqual([
    [0, 0, 0],
    [0, 0, 0],
  ]);
  expect(largest(pixel(pad.data, 0, 4), [255, 0, 0])).toBeLessThan(8);
});

test("a fourth band is kept as it is where the others would be multiplied by it", async () => {
  const { data } = await decode(bytesOf("rgba-bands.png"), { channels: 4 });
  const { pixels } = goldens["rgba-bands.png"] as Golden;
  expect(Array.from(data.subarray(0, 4))).toEqual(pixels.slice(0, 4));
  expect(pixels[3]).toBe(0);
  expect(Math.max(...pixels.slice(0, 3))).toBeGreaterThan(0);
});

test("AVIF and CMYK are read", async () => {
  const flat = { create: { width: 16, height: 16, channels: 3 as const, background: { r: 150, g: 120, b: 100 } } };
  const avif = await sharp(flat).avif({ lossless: true }).toBuffer();
  const cmyk = await sharp(flat).toColourspace("cmyk").jpeg({ quality: 95 }).toBuffer();
  expect((await sharp(cmyk).metadata()).space).toBe("cmyk");
  for (const [name, file, tolerance] of [
    ["AVIF", avif, 2],
    ["CMYK", cmyk, 12],
  ] as const) {
    const { data } = await decode(file);
    expect(
      largest(
        data,
        Array.from({ length: 192 }, (_, i) => [150, 120, 100][i % 3] as number),
      ),
      name,
    ).toBeLessThanOrEqual(tolerance);
  }
});

test("what the user should know is noted", async () => {
  expect((await decode(bytesOf("rgb.png"))).note).toBeUndefined();
  expect((await decode(bytesOf("rgb.png"), { size: 9 })).note).toBe("smaller than the stored size, enlarged");
  expect((await decode(bytesOf("two-pages.tif"))).note).toBe("several pages or frames, only the first is used");
});

const half = (name: string): Uint8Array => bytesOf(name).subarray(0, bytesOf(name).length / 2);
test.each([
  ["text.jpg", Buffer.from("not an image"), "unsupported image format"],
  ["empty.png", Buffer.of(), "is empty"],
  ["half.jpg", half("progressive.JPG"), "premature end of JPEG image"],
  ["half.png", half("rgb.png"), "libpng read error"],
  ["half.tif", half("rgb-raw.tif"), "Read error"],
  ["half.webp", half("rgb.webp"), "corrupt header"],
])("%s is refused, from bytes and from a file, whose path is not told", async (name, contents, reason) => {
  await expect(decode(contents)).rejects.toThrow(reason);
  const folder = await mkdtemp(join(tmpdir(), "lejepa-image-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, name), contents);
  const error = await decode(join(folder, name)).catch((thrown: unknown) => thrown as Error);
  expect((error as Error).message).toContain(reason);
  expect((error as Error).message).not.toContain(folder);
});

test.each([
  ["float32.tif", "has float values; only 8 and 16 bit are read"],
  ["int32.tif", "has int values; only 8 and 16 bit are read"],
  ["four-bands.tif", "has 4 bands that are not colours"],
])("%s is refused instead of clipped", async (name, reason) => {
  for (const channels of [1, 3, 4]) await expect(decode(bytesOf(name), { channels })).rejects.toThrow(reason);
});

test("a PNG that claims more pixels than its bytes can hold is refused at once", async () => {
  const bomb = Buffer.from(bytesOf("rgb.png"));
  // width and height in the header, whose checksum is made right again
  bomb.writeUInt32BE(16_000, 16);
  bomb.writeUInt32BE(16_000, 20);
  bomb.writeUInt32BE(crc32(bomb.subarray(12, 29)), 29);
  await expect(decode(bomb)).rejects.toThrow("claims 16000 x 16000 pixels");
  const flat = await sharp({ create: { width: 4000, height: 4000, channels: 3, background: "red" } })
    .png()
    .toBuffer();
  expect((await decode(flat)).data).toHaveLength(192);
});

test("two channels cannot be asked for", async () => {
  await expect(decode(bytesOf("rgb.png"), { channels: 2 })).rejects.toThrow("stored with 1, 3 or 4 channels, not 2");
});

// an 8x8 tiled TIFF (tiles of 16x16) whose compression tag says Zstandard: libvips here cannot read it
test("a compression that cannot be read is refused, not read as black", async () => {
  const tiff = await sharp(bytesOf("rgb.png"))
    .tiff({ tile: true, tileWidth: 16, tileHeight: 16, compression: "none" })
    .toBuffer();
  const directory = tiff.readUInt32LE(4);
  for (let entry = 0; entry < tiff.readUInt16LE(directory); entry++) {
    const at = directory + 2 + entry * 12;
    if (tiff.readUInt16LE(at) === 259) tiff.writeUInt16LE(50000, at + 8);
  }
  await expect(decode(tiff)).rejects.toThrow("ZSTD compression support is not configured");
});

import sharp from "sharp";
import { expect, test } from "vitest";
import { bytesOf, goldens, type Golden } from "./_goldens.test-helper.ts";
import { isImage } from "./formats.ts";
import { inspectImage } from "./inspect.ts";
import { imageDepth } from "./open-image.ts";

// files whose golden pixels are those stored, bit for bit
const exact = Object.keys(goldens).filter(
  (name) => /\.(png|tiff?|webp)$/.test(name) && !/^(exif|resize|rgba-on|rgba16|gray-alpha|two|bilevel)/.test(name),
);

test.each(exact)("%s: stored samples and values are those that Pillow reads", async (name) => {
  const { shape, bits, pixels } = goldens[name] as Golden;
  for (const stage of ["stored", "values"] as const) {
    const { data, dtype, ...rest } = await inspectImage(bytesOf(name), { stage });
    expect(rest).toMatchObject({ shape, axes: ["rows", "cols", "samples"] });
    expect(dtype).toBe(bits === 16 ? "uint16" : "uint8");
    expect([...data]).toEqual(pixels);
  }
});

test("stored keeps orientation and CMYK, values are upright sRGB, display is 8 bit on black", async () => {
  const stripe = sharp({ create: { width: 4, height: 2, channels: 3, background: { r: 200, g: 10, b: 10 } } });
  const turned = await stripe.clone().withMetadata({ orientation: 6 }).jpeg().toBuffer();
  expect((await inspectImage(turned, { stage: "stored" })).shape).toEqual([2, 4, 3]);
  expect((await inspectImage(turned, { stage: "values" })).shape).toEqual([4, 2, 3]);
  const cmyk = await stripe.clone().toColourspace("cmyk").jpeg().toBuffer();
  expect((await inspectImage(cmyk, { stage: "stored" })).shape).toEqual([2, 4, 4]);
  expect((await inspectImage(cmyk, { stage: "values" })).shape).toEqual([2, 4, 3]);
  const deep = await inspectImage(bytesOf("gray16.png"), { stage: "display" });
  expect(deep).toMatchObject({ dtype: "uint8", shape: [8, 8, 3] });
  const alpha = await inspectImage(bytesOf("rgba-bands.png"), { stage: "display" });
  expect(alpha.shape).toEqual([8, 8, 3]);
  expect([...alpha.data.subarray(0, 3)]).toEqual([0, 0, 0]);
});

test("a window is a cut, a frame a page; what is outside is refused", async () => {
  const { pixels } = goldens["rgb.png"] as Golden;
  const { data, shape } = await inspectImage(bytesOf("rgb.png"), {
    stage: "stored",
    window: { x: 2, y: 3, width: 4, height: 2 },
  });
  expect(shape).toEqual([2, 4, 3]);
  expect([...data]).toEqual([...pixels.slice((3 * 8 + 2) * 3, (3 * 8 + 6) * 3), ...pixels.slice(34 * 3, 38 * 3)]);
  const second = await inspectImage(bytesOf("two-pages.tif"), { stage: "stored", frame: 1 });
  expect([...second.data]).toEqual((goldens["two-pages.tif"] as Golden).pixels.map((value) => 255 - value));
  await expect(inspectImage(bytesOf("two-pages.tif"), { stage: "stored", frame: 2 })).rejects.toThrow(
    "does not contain page 2",
  );
  await expect(inspectImage(bytesOf("rgb.png"), { stage: "stored", frame: 1 })).rejects.toThrow(
    "has 1 page, no page 1",
  );
  const window = { x: 6, y: 0, width: 4, height: 2 };
  await expect(inspectImage(bytesOf("rgb.png"), { stage: "stored", window })).rejects.toThrow(
    "the window 6,0,4,2 is not inside 8 x 8 pixels",
  );
});

test("facts come from the header and never from its texts", async () => {
  const file = await sharp(bytesOf("rgb.png"))
    .withMetadata({ exif: { IFD0: { Artist: "Jane Roe", ImageDescription: "Ward 7" } } })
    .jpeg()
    .toBuffer();
  const { facts } = await inspectImage(file, { stage: "stored" });
  expect(facts).toMatchObject({ format: "jpeg", width: 8, height: 8, channels: 3, bits: 8, alpha: false, pages: 1 });
  expect(JSON.stringify(facts)).not.toMatch(/Jane|Ward/);
});

test("files are known by their first bytes", async () => {
  const known = Object.keys(goldens).filter((name) => !isImage(bytesOf(name).subarray(0, 512)));
  expect(known).toEqual([]);
  expect(isImage(await sharp(bytesOf("rgb.png")).avif().toBuffer())).toBe(true);
  for (const other of ["", "not an image", "\x89HDF\r\n\x1a\n", "RIFF....WAVE"])
    expect(isImage(Buffer.from(other, "latin1"))).toBe(false);
});

test("bits by the header", async () => {
  expect(await imageDepth(bytesOf("gray16.tif"))).toBe(16);
  expect(await imageDepth(bytesOf("rgb.png"))).toBe(8);
  expect(await imageDepth(Buffer.from("not an image"))).toBeUndefined();
});

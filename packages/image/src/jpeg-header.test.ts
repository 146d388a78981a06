import * as fc from "fast-check";
import sharp from "sharp";
import { expect, test } from "vitest";
import { bytesOf, goldens } from "./_goldens.test-helper.ts";
import { plainJpeg } from "./jpeg-header.ts";

const picture = { create: { width: 9, height: 5, channels: 3, background: "teal" } } as const;

test("says what sharp says of every JPEG that it calls plain, and leaves the rest to sharp", async () => {
  const files = [
    ...Object.keys(goldens).map(bytesOf),
    await sharp(picture).jpeg().toBuffer(),
    await sharp(picture).jpeg({ progressive: true, chromaSubsampling: "4:4:4" }).toBuffer(),
    await sharp(picture).grayscale().jpeg().toBuffer(),
    await sharp(picture).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
    await sharp(picture).withIccProfile("p3").jpeg().toBuffer(),
    await sharp(picture).toColourspace("cmyk").jpeg().toBuffer(),
    await sharp(picture).png().toBuffer(),
  ];
  const found = files.map((file) => plainJpeg(file));
  const said = await Promise.all(files.map((file) => sharp(file).metadata()));
  const plain = found.flatMap((header, i) => (header === undefined ? [] : [{ header, by: said[i] }]));
  expect(plain.length).toBeGreaterThanOrEqual(3);
  for (const { header, by } of plain) {
    expect(by).toMatchObject({ format: "jpeg", hasProfile: false, width: header.width, height: header.height });
    expect([by?.channels, by?.orientation ?? 1]).toEqual([header.components, header.orientation]);
  }
});

test("any bytes are read without an error", async () => {
  const file = await sharp(picture).withMetadata({ orientation: 3 }).jpeg().toBuffer();
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat({ max: file.length - 1 }), fc.nat({ max: 255 }))),
      fc.nat(),
      (changes, end) => {
        const copy = Buffer.from(file.subarray(0, end % (file.length + 1)));
        for (const [at, value] of changes) if (at < copy.length) copy[at] = value;
        expect(() => plainJpeg(copy)).not.toThrow();
      },
    ),
  );
});

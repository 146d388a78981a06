// Fragments, limits, and decoders on frames that do not fit their headers.
import { expect, test } from "vitest";
import { caught, inspect } from "./_files.test-helper.ts";
import { fragments, image, writeDicom, type Elements } from "./_writer.test-helper.ts";

const rle = "1.2.840.10008.1.2.5";

/** An RLE frame of 4 x 4 bytes, each `value`: one segment that repeats. */
const rleFrame = (value: number): Uint8Array => {
  const frame = Buffer.alloc(66);
  frame.writeUInt32LE(1, 0);
  frame.writeUInt32LE(64, 4);
  frame.set([257 - 16, value], 64);
  return frame;
};
const bytes8: Elements = { "00280100": ["US", [8]], "00280101": ["US", [8]], "00280102": ["US", [7]] };
const multi = (pixels: Uint8Array, frames: number, more: Elements = {}): Uint8Array =>
  writeDicom(image({ ...bytes8, "00280008": ["IS", String(frames)], "7fe00010": ["OB", pixels], ...more }), {
    syntax: rle,
  });
const frameValues = async (file: Uint8Array): Promise<number[]> => {
  const { data, shape } = await inspect(file);
  return Array.from({ length: shape[0] as number }, (_, i) => (data as Uint8Array)[16 * i] as number);
};
const frames = [rleFrame(5), rleFrame(6), rleFrame(7)];
const size = 66 + 8;

test("frames by fragment, by basic and by extended offset table, and when a table is wrong", async () => {
  expect(await frameValues(multi(fragments([], frames), 3))).toEqual([5, 6, 7]);
  expect(await frameValues(multi(fragments([0, size, 2 * size], frames), 3))).toEqual([5, 6, 7]);
  // the table says in which order
  expect(await frameValues(multi(fragments([2 * size, size, 0], frames), 3))).toEqual([7, 6, 5]);
  expect(await frameValues(multi(fragments([0, 11, 12], frames), 3))).toEqual([5, 6, 7]);
  const table = new Uint8Array(BigUint64Array.from([0n, BigInt(2 * size), BigInt(size)]).buffer);
  expect(await frameValues(multi(fragments([], frames), 3, { "7fe00001": ["OV", table] }))).toEqual([5, 7, 6]);
});

test("a frame in several fragments", async () => {
  const halves = frames.flatMap((frame) => [frame.subarray(0, 40), frame.subarray(40)]);
  const table = [0, size + 8, 2 * (size + 8)];
  expect(await frameValues(multi(fragments(table, halves), 3))).toEqual([5, 6, 7]);
  const whole = writeDicom(image({ ...bytes8, "7fe00010": ["OB", fragments([], halves.slice(0, 2))] }), {
    syntax: rle,
  });
  expect(await frameValues(whole)).toEqual([5]);
});

const refusal = async (file: Uint8Array): Promise<string> => {
  const { code, message } = await caught(() => inspect(file));
  expect(code).toBe("E_DECODE");
  return message;
};

test("fragments that cannot be matched, or are damaged", async () => {
  expect(await refusal(multi(fragments([], frames), 2))).toContain(
    "3 fragments that cannot be matched with its 2 frames",
  );
  expect(await refusal(multi(fragments([], []), 1))).toContain("no fragments");
  const cut = multi(fragments([], frames), 3);
  expect(await refusal(cut.subarray(0, cut.length - 30))).toContain("cut short");
  const damaged = Buffer.from(fragments([], frames));
  damaged[9] = 0x77;
  expect(await refusal(multi(damaged, 3))).toContain("damaged fragments");
  const empty = Buffer.alloc(66);
  expect(await refusal(multi(fragments([], [empty]), 1))).toContain("damaged RLE frame");
  expect(await refusal(multi(fragments([], [Buffer.alloc(10)]), 1))).toContain("damaged RLE frame");
});

test("a codestream of another kind or size than the header says", async () => {
  const syntax = "1.2.840.10008.1.2.4.80";
  const encapsulated = (frame: Uint8Array): Uint8Array =>
    writeDicom(image({ ...bytes8, "7fe00010": ["OB", fragments([], [frame])] }), { syntax });
  expect(await refusal(encapsulated(Buffer.from("not a codestream")))).toContain("no codestream of JPEG-LS");
  const header = (rows: number): Uint8Array =>
    Buffer.from([
      0xff,
      0xd8,
      0xff,
      0xf7,
      0,
      11,
      8,
      rows >> 8,
      rows & 255,
      0,
      4,
      1,
      1,
      0x11,
      0,
      0xff,
      0xda,
      0,
      8,
      1,
      1,
      0,
      0,
      0,
      0,
    ]);
  expect(await refusal(encapsulated(header(60_000)))).toContain("60000 x 4 x 1 under a header of 4 x 4 x 1");
  expect(await refusal(encapsulated(header(4)))).toContain("compressed frame that is damaged");
});

test("fragments and transfer syntax must agree", async () => {
  const plain = writeDicom(image(bytes8), { syntax: rle });
  expect(await refusal(plain)).toContain("plain pixel data under RLE Lossless");
  const packed = writeDicom(image({ "7fe00010": ["OB", fragments([], frames)] }));
  expect(await refusal(packed)).toContain("fragments under Explicit VR Little Endian");
});

test.each<[string, Elements]>([
  ["has no Rows (0028,0010)", { "00280010": ["US", [0]] }],
  ["has 12 bits allocated", { "00280100": ["US", [12]] }],
  ["has 17 bits stored in 16 bits allocated", { "00280101": ["US", [17]] }],
  ["has 4 samples a pixel", { "00280002": ["US", [4]] }],
  ["is MONOCHROME2 with 3 samples", { "00280002": ["US", [3]] }],
  ["has HSV photometric interpretation", { "00280002": ["US", [3]], "00280004": ["CS", "HSV"] }],
  ["has an unknown photometric interpretation", { "00280004": ["CS", "DOE^JANE"] }],
  ["has frames of 65535 x 65535 x 1", { "00280010": ["US", [65535]], "00280011": ["US", [65535]] }],
  ["Number of Frames (0028,0008) that cannot be", { "00280008": ["IS", "99999999999"] }],
  ["has 32 of the 32000000 bytes", { "00280008": ["IS", "1000000"] }],
])("%s", async (text, more) => {
  expect(await refusal(writeDicom(image(more)))).toContain(text);
});

test("an object without pixels says so", async () => {
  const { "7fe00010": _, ...rest } = image();
  expect(await refusal(writeDicom(rest))).toContain("has no pixel data");
});

test("one frame, a part of it, and a frame that is not there", async () => {
  const file = writeDicom(
    image({ "00280008": ["IS", "2"], "7fe00010": ["OW", Array.from({ length: 32 }, (_, i) => i)] }),
  );
  const { data, shape } = await inspect(file, { frame: 1, window: { x: 1, y: 2, width: 2, height: 1 } });
  expect([shape, [...(data as Uint16Array)]]).toEqual([
    [1, 1, 2, 1],
    [25, 26],
  ]);
  expect((await caught(() => inspect(file, { frame: 2 }))).message).toContain("has 2 frames, numbered from 0");
  expect((await caught(() => inspect(file, { window: { x: 3, y: 0, width: 2, height: 1 } }))).code).toBe("E_USAGE");
});

const { default: codecs } = await import("dcmjs-codecs");

test.each([
  ["1.2.840.10008.1.2.4.201", false],
  ["1.2.840.10008.1.2.4.202", false],
  ["1.2.840.10008.1.2.4.203", true],
])("HTJ2K %s: what was encoded comes back", async (syntax, lossy) => {
  await codecs.NativeCodecs.initializeAsync();
  const side = 64;
  const pixels = Uint16Array.from({ length: side * side }, (_, i) => 1000 + (i % side) * 20 + Math.floor(i / side));
  const context = new codecs.Context({
    width: side,
    height: side,
    bitsAllocated: 16,
    bitsStored: 16,
    samplesPerPixel: 1,
    pixelRepresentation: 0,
    planarConfiguration: 0,
    photometricInterpretation: "MONOCHROME2",
    decodedBuffer: new Uint8Array(pixels.buffer),
  });
  const encoded = codecs.NativeCodecs.encodeHtJpeg2000(context, { lossy }).getEncodedBuffer() as Uint8Array;
  const more: Elements = {
    "00280010": ["US", [side]],
    "00280011": ["US", [side]],
    "7fe00010": ["OB", fragments([], [encoded])],
  };
  const { data } = await inspect(writeDicom(image(more), { syntax }));
  const worst = pixels.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - ((data as Uint16Array)[i] as number))),
    0,
  );
  expect(worst).toBeLessThanOrEqual(lossy ? 2 : 0);
});

import { deflateRawSync } from "node:zlib";
import { expect, test } from "vitest";
import { caught, inspect } from "./_files.test-helper.ts";
import { image, writeDicom } from "./_writer.test-helper.ts";
import { memorySource } from "./byte-source.ts";
import { dicom } from "./plugin.ts";
import { readHeader } from "./read-header.ts";

const uid = {
  implicit: "1.2.840.10008.1.2",
  explicit: "1.2.840.10008.1.2.1",
  deflated: "1.2.840.10008.1.2.1.99",
  big: "1.2.840.10008.1.2.2",
} as const;
const counting = Array.from({ length: 16 }, (_, i) => i);
const recognises = (bytes: Uint8Array): boolean => dicom.recognises?.(bytes.subarray(0, 512), "x") ?? false;

test.each([
  ["explicit", { syntax: uid.explicit }],
  ["implicit", { syntax: uid.implicit }],
  ["big endian", { syntax: uid.big }],
  ["deflated", { syntax: uid.deflated }],
  ["a TIFF in the preamble", { preamble: "tiff" }],
  ["no preamble, but a meta group", { preamble: false, syntax: uid.implicit }],
  ["neither, explicit", { preamble: false, meta: false }],
  ["neither, implicit", { preamble: false, meta: false, syntax: uid.implicit }],
  ["neither, big endian", { preamble: false, meta: false, syntax: uid.big }],
  ["a preamble without meta group", { meta: false, syntax: uid.implicit }],
] as const)("%s", async (_, options) => {
  const bytes = writeDicom(image(), options);
  expect(recognises(bytes)).toBe(true);
  const { data, shape, dtype } = await inspect(bytes);
  expect([shape, dtype, [...(data as Uint16Array)]]).toEqual([[1, 4, 4, 1], "uint16", counting]);
});

test("a data set in another form than the transfer syntax says", async () => {
  const implicit = writeDicom(image(), { preamble: false, meta: false, syntax: uid.implicit });
  const meta = writeDicom({}, { syntax: uid.explicit });
  expect([...((await inspect(Buffer.concat([meta, implicit]))).data as Uint16Array)]).toEqual(counting);
});

test("pixels at the end of a large file are not read with the header", async () => {
  const bytes = writeDicom({ ...image(), "7fe00010": ["OW", new Uint8Array(1 << 20)] });
  let read = 0;
  const source = memorySource(bytes);
  const header = await readHeader({
    ...source,
    read: (offset, length) => {
      read += length;
      return source.read(offset, length);
    },
  });
  expect(header.pixels?.length).toBe(1 << 20);
  expect(read).toBeLessThan(1 << 16);
});

test("a header larger than the first piece is read on", async () => {
  const long = {
    ...image(),
    "00204000": ["LT", "x".repeat(60_000)],
    "00091001": ["OB", new Uint8Array(300_000)],
  } as const;
  expect([...((await inspect(writeDicom(long))).data as Uint16Array)]).toEqual(counting);
});

const refusal = async (bytes: Uint8Array): Promise<string> => {
  const { code, message } = await caught(() => inspect(bytes));
  expect(code).toBe("E_DECODE");
  return message;
};

test.each([
  ["1.2.840.10008.1.2.4.100", "1.2.840.10008.1.2.4.100 (MPEG2 Main Profile / Main Level) is not supported: video"],
  ["1.2.840.10008.1.2.4.55", "(JPEG Full Progression, Non-Hierarchical (Process 10 and 12)) is not supported"],
  ["1.2.840.10008.1.2.4.99", "1.2.840.10008.1.2.4.99 (not a name of PS3.6) is not supported"],
  ["1.2.9999.5.1", "a private one is not supported"],
])("transfer syntax %s is refused by name", async (syntax, text) => {
  expect(await refusal(writeDicom(image(), { syntax }))).toContain(text);
});

test("what is no DICOM, empty, or cut", async () => {
  const bytes = writeDicom(image());
  expect(await refusal(new Uint8Array(0))).toContain("is empty");
  expect(await refusal(Buffer.from("%PDF-1.7 and more text to fill some bytes"))).toContain("is not a DICOM file");
  expect(await refusal(bytes.subarray(0, 132))).toContain("ends before its data set starts");
  expect(await refusal(bytes.subarray(0, 250))).toContain("cut short or damaged");
  expect(await refusal(bytes.subarray(0, bytes.length - 4))).toContain("has 28 of the 32 bytes of its pixels");
});

test("a deflated data set that is a bomb, or damaged", async () => {
  const meta = writeDicom({}, { syntax: uid.deflated }).subarray(0, -2);
  const endless = deflateRawSync(Buffer.alloc(64 << 20));
  expect(await refusal(Buffer.concat([meta, endless]))).toContain("a header of more than a million elements");
  const filled = writeDicom(
    { "00091001": ["OB", new Uint8Array(64 << 20)], ...image() },
    { preamble: false, meta: false },
  );
  expect(await refusal(Buffer.concat([meta, deflateRawSync(filled)]))).toContain("a header of more than 40 MiB");
  const dataSet = writeDicom(image(), { preamble: false, meta: false });
  const bomb = deflateRawSync(Buffer.concat([dataSet, Buffer.alloc(70 << 20)]));
  expect(await refusal(Buffer.concat([meta, bomb]))).toContain("far more than its pixels");
  expect(await refusal(Buffer.concat([meta, Buffer.alloc(400, 0xfe)]))).toContain("deflated data set that is damaged");
});

test("sequences as deep as a stack can overflow end in an error", async () => {
  const head = Buffer.from([
    8, 0, 0x40, 0x11, 0x53, 0x51, 0, 0, 255, 255, 255, 255, 0xfe, 0xff, 0, 0xe0, 255, 255, 255, 255,
  ]);
  const nested = Buffer.concat(Array.from({ length: 60_000 }, () => head));
  expect(await refusal(Buffer.concat([writeDicom({}), nested]))).toMatch(/cut short or damaged|cannot be parsed/);
});

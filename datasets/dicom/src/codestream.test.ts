import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { inspect } from "./_files.test-helper.ts";
import { fragments, image, writeDicom } from "./_writer.test-helper.ts";
import { jpeg2000Facts, jpegFacts } from "./codestream.ts";

const segment = (marker: number, body: readonly number[]): number[] => [0xff, marker, 0, body.length + 2, ...body];
const letters = (text: string): number[] => [...text].map((letter) => letter.charCodeAt(0));
const adobe = (transform: number): number[] => segment(0xee, [...letters("Adobe"), 0, 100, 0, 0, 0, 0, transform]);
const jfif = segment(0xe0, [...letters("JFIF"), 0, 1, 1, 0, 0, 1, 0, 1, 0, 0]);
const frame = (ids: readonly number[], marker = 0xc0): number[] =>
  segment(marker, [8, 0, 20, 0, 30, ids.length, ...ids.flatMap((id) => [id, 0x11, 0])]);
const facts = (...parts: readonly number[][]): ReturnType<typeof jpegFacts> =>
  jpegFacts(Uint8Array.from([0xff, 0xd8, ...parts.flat(), 0xff, 0xd9]));

test("size, precision and process of a JPEG", () => {
  expect(facts(frame([1]))).toEqual({
    rows: 20,
    columns: 30,
    components: 1,
    precision: 8,
    signed: false,
    colours: undefined,
    process: 0,
  });
  expect(facts(frame([1], 0xc3))?.process).toBe(3);
  expect(facts([0xff], frame([1], 0xf7))?.process).toBe(55);
});

test("what a JPEG says of its colours: Adobe's mark, then JFIF, then the names of its components", () => {
  const ycc = [1, 2, 3];
  expect(facts(frame(ycc))?.colours).toBeUndefined();
  expect(facts(jfif, frame(ycc))?.colours).toBe("ybr");
  expect(facts(adobe(1), frame(ycc))?.colours).toBe("ybr");
  expect(facts(jfif, adobe(0), frame(ycc))?.colours).toBe("rgb");
  expect(facts(frame(letters("RGB")))?.colours).toBe("rgb");
  expect(facts(jfif, frame([1]))?.colours).toBeUndefined();
});

test("what is no JPEG, or none with a frame", () => {
  expect(jpegFacts(Uint8Array.of(1, 2, 3))).toBeUndefined();
  expect(facts(jfif)).toBeUndefined();
  expect(facts(segment(0xda, [0]), frame([1]))).toBeUndefined();
  expect(jpeg2000Facts(Uint8Array.of(0, 0, 0, 3, 1, 2, 3, 4, 5))).toBeUndefined();
});

test("JPEG 2000 in a JP2 file is read like the bare codestream", async () => {
  const { cases } = JSON.parse(readFileSync(new URL("../fixtures/compressed.json", import.meta.url), "utf8")) as {
    cases: Record<string, { file: string; stored: string; shape: [number, number] }>;
  };
  const golden = cases["j2k-90-12"] as (typeof cases)[string];
  const file = Buffer.from(golden.file, "base64");
  const bare = file.subarray(
    file.indexOf(Buffer.from([0xff, 0x4f, 0xff, 0x51])),
    file.lastIndexOf(Buffer.from([0xff, 0xd9])) + 2,
  );
  const signature = [0, 0, 0, 12, 0x6a, 0x50, 0x20, 0x20, 13, 10, 0x87, 10];
  const wrapped = Buffer.concat([Buffer.from(signature), Buffer.from([0, 0, 0, 0, ...letters("jp2c")]), bare]);
  expect(jpeg2000Facts(wrapped)).toEqual({ ...jpeg2000Facts(bare), start: 20 });
  const [rows, columns] = golden.shape;
  const elements = image({
    "00280010": ["US", [rows]],
    "00280011": ["US", [columns]],
    "7fe00010": ["OB", fragments([], [wrapped])],
  });
  const { data } = await inspect(writeDicom(elements, { syntax: "1.2.840.10008.1.2.4.90" }));
  expect(Buffer.from(data.buffer).toString("base64")).toBe(golden.stored);
});

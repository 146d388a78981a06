import { readFileSync } from "node:fs";
import { fc, test } from "@fast-check/vitest";
import { isLejepaError } from "@lejepa/contracts";
import { describe, expect } from "vitest";
import {
  createEncoder,
  initialise,
  readSafetensors,
  safetensorsChunks,
  selectWeights,
  withShapes,
  writeSafetensors,
} from "./index.ts";

interface Golden {
  readonly base64: string;
  readonly values: Readonly<Record<string, readonly string[]>>;
  readonly shapes: Readonly<Record<string, readonly number[]>>;
}

const golden = JSON.parse(readFileSync(new URL("../fixtures/safetensors.json", import.meta.url), "utf8")) as Golden;
const goldenBytes = Uint8Array.from(Buffer.from(golden.base64, "base64"));
const parse = (text: string): number =>
  Math.fround(text.endsWith("inf") ? (text[0] === "-" ? -1 / 0 : 1 / 0) : Number(text));

test("a file of the format's own library: every number format, shapes and metadata", () => {
  const { tensors, metadata } = readSafetensors(goldenBytes);
  expect(metadata).toEqual({ format: "pt", note: "ünïcode" });
  expect([...tensors.keys()].sort()).toEqual(Object.keys(golden.values).sort());
  for (const [name, { data, shape }] of tensors) {
    expect(shape, name).toEqual(golden.shapes[name]);
    expect([...data], name).toEqual(golden.values[name]?.map(parse));
  }
});

test("a file at an odd address reads the same", () => {
  const shifted = new Uint8Array(goldenBytes.length + 1);
  shifted.set(goldenBytes, 1);
  expect(readSafetensors(shifted.subarray(1))).toEqual(readSafetensors(goldenBytes));
});

test("half precision: subnormals, infinities and NaN", () => {
  const bits = Uint16Array.of(0x0001, 0x03ff, 0x0400, 0x7bff, 0x8001, 0x7c00, 0xfc00, 0x7e00);
  const { tensors } = readSafetensors(
    file({ x: { dtype: "F16", shape: [8], data_offsets: [0, 16] } }, new Uint8Array(bits.buffer)),
  );
  const expected = [2 ** -24, 1023 * 2 ** -24, 2 ** -14, 65504, -(2 ** -24), 1 / 0, -1 / 0, Number.NaN];
  expect([...(tensors.get("x")?.data ?? [])]).toEqual(expected);
});

const tensor = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }).chain((shape) => {
  const length = shape.reduce((product, size) => product * size, 1);
  return fc.float32Array({ minLength: length, maxLength: length }).map((data) => ({ shape, data }));
});
const name = fc
  .string({ unit: "binary", maxLength: 12 })
  .filter((text) => text !== "__metadata__" && text.isWellFormed());
const files = fc.tuple(
  fc.uniqueArray(fc.tuple(name, tensor), { selector: ([key]) => key, maxLength: 5 }),
  fc.dictionary(
    fc.string({ unit: "binary" }).filter((text) => text.isWellFormed()),
    fc.string(),
  ),
);

test.prop([files])("what is written is read back, bit for bit", ([entries, metadata]) => {
  const written = new Map(entries);
  const read = readSafetensors(writeSafetensors(written, { metadata }));
  expect(Object.entries(read.metadata).sort()).toEqual(Object.entries(metadata).sort());
  expect([...read.tensors.keys()].sort()).toEqual([...written.keys()].sort());
  for (const [key, { shape, data }] of written) {
    const back = read.tensors.get(key);
    expect(back?.shape).toEqual(shape);
    expect(bytesOf(back?.data)).toEqual(bytesOf(data));
  }
});

const bytesOf = (data: Float32Array | undefined): number[] =>
  data === undefined ? [] : [...new Uint8Array(data.buffer, data.byteOffset, data.byteLength)];

test.prop([fc.nat(goldenBytes.length - 1), fc.nat(255), fc.nat(goldenBytes.length)], { numRuns: 500 })(
  "a damaged file is read or refused with E_CHECKPOINT, nothing else",
  (at, value, length) => {
    const damaged = goldenBytes.slice(0, at % 2 === 0 ? length : goldenBytes.length);
    if (at < damaged.length) damaged[at] = value;
    try {
      readSafetensors(damaged);
    } catch (error) {
      if (!isLejepaError(error, "E_CHECKPOINT")) throw error;
    }
  },
);

test.prop([fc.nat(goldenBytes.length - 1)])("a file that is cut off is refused", (length) => {
  expect(() => readSafetensors(goldenBytes.subarray(0, length))).toThrow(
    expect.objectContaining({ code: "E_CHECKPOINT" }),
  );
});

/** A file with the given header, well-formed or not. */
function file(header: unknown, body = new Uint8Array()): Uint8Array {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + body.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(body, 8 + text.length);
  return bytes;
}

describe("headers that lie", () => {
  const four = new Uint8Array(4);
  const f32 = (fields: object): object => ({ x: { dtype: "F32", shape: [1], data_offsets: [0, 4], ...fields } });
  test.each([
    ["no file", new Uint8Array(3), /expected a safetensors file, got 3 bytes/],
    ["header longer than the file", Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0, 1), /header of 9 bytes, got 1/],
    ["header beyond the limit", new Uint8Array(16).fill(255), /header of at most 100000000 bytes/],
    ["no JSON", file("{nonsense"), /expected a JSON header/],
    ["no UTF-8", Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0xc3, 0x28), /expected a JSON header/],
    ["a list", file([]), /expected a JSON object as header, got \[\]/],
    ["null", file("null"), /expected a JSON object as header, got null/],
    ["a tensor that is a number", file({ x: 3 }, four), /x: expected dtype .* got none/],
    ["an unknown dtype", file(f32({ dtype: "F8_E4M3" }), four), /expected dtype .* got "F8_E4M3"/],
    ["a dtype from the prototype", file(f32({ dtype: "toString" }), four), /got "toString"/],
    ["a negative size", file(f32({ shape: [-1] }), four), /shape of non-negative integers, got \[-1\]/],
    ["a fractional size", file(f32({ shape: [0.5] }), four), /shape of non-negative integers/],
    ["a huge shape", file(f32({ shape: [2 ** 40, 2 ** 40] }), four), /bytes for F32 .* got bytes 0 to 4/],
    [
      "a shape that overflows to infinity and back",
      file(f32({ shape: [...Array(40).fill(2 ** 50), 0] }), four),
      /bytes for F32/,
    ],
    [
      "offsets beyond the file",
      file(f32({ shape: [1000], data_offsets: [0, 4000] }), four),
      /4000 bytes of tensors, got 4/,
    ],
    ["offsets backwards", file(f32({ data_offsets: [4, 0] }), four), /got bytes 4 to 0/],
    ["three offsets", file(f32({ data_offsets: [0, 4, 8] }), four), /data_offsets \[begin, end\]/],
    ["a gap", file(f32({ data_offsets: [4, 8] }), new Uint8Array(8)), /data from byte 0, got 4/],
    ["bytes behind the end", file(f32({}), new Uint8Array(8)), /4 bytes of tensors, got 8/],
    [
      "an overlap",
      file({ ...f32({}), y: { dtype: "F32", shape: [1], data_offsets: [0, 4] } }, four),
      /data from byte 4, got 0/,
    ],
    ["metadata of numbers", file({ __metadata__: { a: 1 } }), /metadata of strings only/],
  ])("%s", (_, bytes, message) => {
    expect(() => readSafetensors(bytes, { where: "a.safetensors" })).toThrow(
      expect.objectContaining({ code: "E_CHECKPOINT", message: expect.stringMatching(message) }),
    );
  });
});

test("writing refuses wrong shapes and the reserved name", () => {
  const data = new Float32Array(3);
  expect(() => writeSafetensors(new Map([["x", { shape: [2], data }]]))).toThrow(
    /x: expected 3 values in the shape, got \[2\]/,
  );
  expect(() => writeSafetensors(new Map([["__metadata__", { shape: [3], data }]]))).toThrow(/reserved/);
});

test("chunks are views of the tensors and start at multiples of 8", () => {
  const data = Float32Array.of(1, 2, 3);
  const [header, body] = safetensorsChunks(new Map([["x", { shape: [3], data }]]));
  expect((header?.length ?? 1) % 8).toBe(0);
  expect(body?.buffer).toBe(data.buffer);
});

describe("weights of a model", () => {
  const { params } = createEncoder("resnet10", { width: 2 });
  const values = initialise(params, 0);
  const extra = new Map([...withShapes(params, values), ["fc.weight", { shape: [1], data: Float32Array.of(1) }]]);
  const { tensors } = readSafetensors(writeSafetensors(extra));

  test("go to a file and come back; other tensors are left aside", () => {
    expect(selectWeights(params, tensors)).toEqual(values);
  });

  test("another width or depth is refused", () => {
    const wider = createEncoder("resnet10", { width: 4 }).params;
    expect(() => selectWeights(wider, tensors, { where: "a.safetensors" })).toThrow(
      /a.safetensors: conv1.weight: expected shape \[4, 3, 7, 7\], got \[2, 3, 7, 7\]/,
    );
    const deeper = createEncoder("resnet18", { width: 2 }).params;
    expect(() => selectWeights(deeper, tensors)).toThrow(
      /a tensor layer1.1.conv1.weight, got none\. The nearest name is layer1.0/,
    );
  });

  test("values without a specification's tensor are refused", () => {
    expect(() => withShapes(params, new Map())).toThrow(/conv1.weight: expected values for every parameter/);
  });
});

test.prop([fc.float32Array({ minLength: 1, maxLength: 50 })])(
  "F16 keeps a half's precision, and its own values exactly",
  (data) => {
    const write = (values: Float32Array): Float32Array => {
      const bytes = writeSafetensors(new Map([["x", { shape: [values.length], data: values, dtype: "F16" as const }]]));
      return readSafetensors(bytes).tensors.get("x")?.data as Float32Array;
    };
    const once = write(data);
    for (const [i, value] of data.entries()) {
      if (Number.isNaN(value)) expect(once[i]).toBeNaN();
      else if (Math.abs(value) >= 65_520) expect(once[i]).toBe(Math.sign(value) * Number.POSITIVE_INFINITY);
      else
        expect(Math.abs((once[i] as number) - value)).toBeLessThanOrEqual(Math.max(2 ** -25, Math.abs(value) / 2048));
    }
    expect(write(once)).toEqual(once);
  },
);

test("F16 rounds ties to even", () => {
  const data = Float32Array.of(1 + 2 ** -11, 1 + 3 * 2 ** -11, 2 ** -25, 3 * 2 ** -25, 65_519);
  const bytes = writeSafetensors(new Map([["x", { shape: [5], data, dtype: "F16" as const }]]));
  const expected = [1, 1 + 2 ** -9, 0, 2 ** -23, 65_504];
  expect(readSafetensors(bytes).tensors.get("x")?.data).toEqual(Float32Array.from(expected));
});

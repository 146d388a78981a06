import { expect, test } from "vitest";
import { z } from "zod";
import { defineDataset, type DatasetItem, type ImageRecord } from "./dataset.ts";
import { checkDataset } from "./testing.ts";

const item = (id: string): DatasetItem => ({ id, source: { path: `/toy/${id}` } });
const toy = defineDataset({
  id: "toy",
  title: "Toy",
  license: "MIT",
  citation: "",
  options: z.strictObject({ count: z.int() }),
  async index({ count }, { signal }) {
    signal?.throwIfAborted();
    return { items: Array.from({ length: count }, (_, i) => item(String(i))) };
  },
  async decode({ id }, { target: { size, channels } }): Promise<ImageRecord> {
    const data = new Uint8Array(size * size * channels).fill(Number(id));
    return { data, width: size, height: size, channels, dtype: "uint8" };
  },
  domain: { name: "natural", reason: "test" },
});
const check = (changes: object, count = 3): Promise<string[]> =>
  checkDataset({ ...toy, ...changes }, { count }, { cacheDir: "." });
const decodeTo = (change: Partial<ImageRecord>) => ({
  decode: async (): Promise<ImageRecord> => ({
    data: new Uint8Array(3072),
    width: 32,
    height: 32,
    channels: 3,
    dtype: "uint8",
    ...change,
  }),
});

test("a good plugin passes", async () => {
  expect(await checkDataset(toy, { count: 12 }, { cacheDir: "." })).toEqual([]);
});

let calls = 0;
const indexWith = (more: object) => async () => ({ items: [item("1")], ...more });
const facts = (values: object) => async () => ({ items: [{ ...item("1"), facts: values }] });
test.each([
  ["not made with defineDataset", { api: 2 }],
  ["not frozen", {}],
  ["title or license is empty", { title: "" }],
  ["domain has no name or no reason", { domain: { name: "natural", reason: "" } }],
  ["an unknown option is accepted", { options: z.object({ count: z.int() }) }],
  ["no items", { index: async () => ({ items: [] }) }],
  ["ids repeat", { index: async () => ({ items: [item("1"), item("1")] }) }],
  ["an id is empty", { index: async () => ({ items: [item("")] }) }],
  ["a second index differs from the first", { index: async () => ({ items: [item(String(calls++))] }) }],
  [
    "group of 2 is in two splits",
    {
      index: async () => ({
        items: [
          { ...item("1"), group: "g", split: "train" },
          { ...item("2"), group: "g", split: "test" },
        ],
      }),
    },
  ],
  ["0: 31x32x3 instead of 32x32x3", decodeTo({ width: 31 })],
  ["0: 4 values instead of 3072", decodeTo({ data: new Uint8Array(4) })],
  ["0: a Uint8Array for dtype uint16", decodeTo({ dtype: "uint16" })],
  ["0: pixels that are not finite", decodeTo({ data: new Float32Array(3072).fill(Number.NaN), dtype: "float32" })],
  ["the label of 1 is empty", { index: async () => ({ items: [{ ...item("1"), label: "" }] }) }],
  ["the place of 1 is empty", { index: async () => ({ items: [{ ...item("1"), place: "" }] }) }],
  ["the group of 1 is empty", { index: async () => ({ items: [{ ...item("1"), group: "" }] }) }],
  ["1: the fact age is no text, number or boolean", { index: facts({ age: { years: 3 } }) }],
  ["1: the fact dose is no text, number or boolean", { index: facts({ dose: Number.NaN }) }],
  ["1: the fact comment has 101 characters", { index: facts({ comment: "x".repeat(101) }) }],
  ["the index is not plain data", { index: async () => ({ items: [item("1")], range: [0, () => 1] }) }],
  ["files are skipped without a reason", { index: indexWith({ skipped: [{ reason: "", count: 1, examples: [] }] }) }],
  [
    'skipped "old": 1 files, 2 examples',
    { index: indexWith({ skipped: [{ reason: "old", count: 1, examples: ["a", "b"] }] }) },
  ],
  ["a warning is not one line", { index: indexWith({ warnings: ["one\ntwo"] }) }],
  ["channels are not distinct names", { index: indexWith({ channels: ["red", "red"] }) }],
  ["channels are not distinct names", { index: indexWith({ channels: [] }) }],
  ["range is not black and a larger white", { index: indexWith({ range: [1, 1] }) }],
  ["index goes on with an aborted signal", { index: indexWith({}) }],
  ["a format has no name, no id or no decoder", { formats: [{ name: "", id: "1", supported: true, by: "us" }] }],
  [
    "recognises throws for an empty file",
    { recognises: (head: Uint8Array) => (head.at(0) as number).toFixed() === "1" },
  ],
  ["0: a mask with other values than 0 and 1", decodeTo({ mask: new Uint8Array(1024).fill(2) })],
  ["0: a spacing that is not two positive numbers", decodeTo({ spacing: [1, 0] })],
  ["0: a note that is not one line", decodeTo({ note: "one\ntwo" })],
  ["0: does not decode: broken", { decode: async () => Promise.reject(new Error("broken")) }],
  [
    "items decode to several types: uint8, int16",
    {
      decode: async ({ id }: DatasetItem) =>
        id === "0" ? decodeTo({}).decode() : decodeTo({ data: new Int16Array(3072), dtype: "int16" }).decode(),
    },
  ],
  ["0: a mask of another size", decodeTo({ mask: new Uint8Array(1) })],
  [
    "0: decoded twice, differs",
    { decode: async () => ({ ...(await decodeTo({}).decode()), data: new Uint8Array(3072).fill(calls++) }) },
  ],
])("%s", async (problem, changes) => {
  expect(await check(changes)).toContain(problem);
});

const planted = ["Doe^Jane", "1970-01-31", 'the "quoted" one'];
const leaky = (changes: object): Promise<string[]> =>
  checkDataset({ ...toy, ...changes }, { count: 3 }, { cacheDir: ".", planted });

test("header texts are found wherever a plugin says them", async () => {
  const says = (text: string): string => `says ${JSON.stringify(text)}, which stands in a header`;
  expect(await leaky({})).toEqual(["not frozen"]);
  expect(await leaky({ index: indexWith({ warnings: ["doe^jane has no slices"] }) })).toContain(says("Doe^Jane"));
  expect(await leaky({ index: facts({ date: "1970-01-31" }) })).toContain(says("1970-01-31"));
  expect(await leaky({ index: indexWith({ warnings: ['what of the "quoted" one'] }) })).toContain(
    says('the "quoted" one'),
  );
  expect(await leaky(decodeTo({ note: "of Doe^Jane" }))).toContain(says("Doe^Jane"));
  const gone = { decode: async ({ source }: DatasetItem) => Promise.reject(new Error(`Doe^Jane: no ${source.path}`)) };
  expect(await leaky(gone)).toContain(says("Doe^Jane"));
  const onlyWhenGone = {
    decode: async ({ source }: DatasetItem) => {
      if (source.path.endsWith(".gone")) throw new Error("born 1970-01-31");
      return decodeTo({}).decode();
    },
  };
  expect(await leaky(onlyWhenGone)).toContain(says("1970-01-31"));
  const chatty: typeof toy.index = async (options, context) => {
    context.log("reading Doe^Jane");
    return toy.index(options, context);
  };
  expect(await leaky({ index: chatty })).toContain(says("Doe^Jane"));
  const late: typeof toy.index = async (options, context) => {
    if (context.signal?.aborted) throw new Error("stopped at Doe^Jane");
    return toy.index(options, context);
  };
  expect(await leaky({ index: late })).toContain(says("Doe^Jane"));
  await expect(checkDataset(toy, { count: 1 }, { cacheDir: ".", planted: ["M"] })).rejects.toThrow(
    "at least 3 characters",
  );
});

test("what stays open is counted from pass to pass", async () => {
  let open = 3;
  const openHandles = (): number => open;
  const leaking = { ...toy, decode: (...args: Parameters<typeof toy.decode>) => (open++, toy.decode(...args)) };
  expect(await checkDataset(toy, { count: 3 }, { cacheDir: ".", openHandles })).toEqual([]);
  expect(await checkDataset(leaking, { count: 3 }, { cacheDir: ".", openHandles })).toContain(
    "a second pass leaves 3 more open than the first",
  );
});

test("decodes to the channels that the index names", async () => {
  const named: typeof toy.index = async (options, context) => ({
    ...(await toy.index(options, context)),
    channels: ["red", "nir", "swir", "blue"],
  });
  expect(await check({ index: named })).toEqual(["not frozen"]);
  expect(await check({ index: named, ...decodeTo({}) })).toContain("0: 32x32x3 instead of 32x32x4");
});

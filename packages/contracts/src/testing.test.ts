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
  index: async ({ count }) => ({ items: Array.from({ length: count }, (_, i) => item(String(i))) }),
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
  ["0: a mask of another size", decodeTo({ mask: new Uint8Array(1) })],
  [
    "0: decoded twice, differs",
    { decode: async () => ({ ...(await decodeTo({}).decode()), data: new Uint8Array(3072).fill(calls++) }) },
  ],
])("%s", async (problem, changes) => {
  expect(await check(changes)).toContain(problem);
});

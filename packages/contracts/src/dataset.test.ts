import { expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { caught } from "./_caught.test-helper.ts";
import { bindDataset, defineDataset, findDataset, isDataset, type Dataset } from "./dataset.ts";

const toy = defineDataset({
  id: "toy",
  title: "Toy",
  license: "MIT",
  citation: "",
  options: z.strictObject({ path: z.string(), kind: z.enum(["train", "test"]).default("train") }),
  async index(options) {
    expectTypeOf(options).toEqualTypeOf<{ path: string; kind: "train" | "test" }>();
    return { items: [{ id: options.path, source: { path: options.path } }] };
  },
  async decode(_item, { options, target }) {
    expectTypeOf(options.kind).toEqualTypeOf<"train" | "test">();
    const { size, channels } = target;
    return { data: new Uint8Array(size * size * channels), width: size, height: size, channels, dtype: "uint8" };
  },
  domain: { name: "natural", reason: "test" },
});

test("a plugin is a frozen plain object that says what it is", () => {
  expect(toy).toMatchObject({ kind: "lejepa/dataset", api: 1, id: "toy" });
  expect(Object.isFrozen(toy)).toBe(true);
  expect(Object.getPrototypeOf(toy)).toBe(Object.prototype);
  expect(isDataset(toy)).toBe(true);
  for (const value of [null, undefined, {}, { ...toy, api: 2 }, { ...toy, kind: "x" }])
    expect(isDataset(value)).toBe(false);
});

test.each(["", "Toy", "1toy", "to_y", "to y", "../toy"])("the id %j is refused", (id) => {
  expect(() => defineDataset({ ...toy, id })).toThrow("defineDataset: expected an id of lower-case letters");
});

test("options are checked and completed when bound", () => {
  const bound = bindDataset(toy, { path: "x" });
  expect(bound).toMatchObject({ id: "toy", options: { path: "x", kind: "train" } });
  expect(bound.plugin).toBe(toy);
});

test.each([
  [
    { pth: "x", path: "y" },
    'dataset toy: expected one of the keys path, kind, got the unknown key "pth". Did you mean "path"?',
  ],
  [{}, "dataset toy: path: expected string, got nothing."],
  [{ path: "x", kind: "tset" }, 'dataset toy: kind: expected "train" | "test", got "tset". Did you mean "test"?'],
  [{ path: 5 }, "dataset toy: path: expected string, got 5."],
])("options %j are refused by name", (options, message) => {
  expect(caught(() => bindDataset(toy, options as never))).toMatchObject({ code: "E_DATASET_OPTIONS", message });
});

test("a plugin is found among a module's exports by its id", () => {
  expect(findDataset({ helper: 1, toy, other: { ...toy, id: "other" } }, "toy")).toBe(toy);
  expect(() => findDataset({ helper: 1 }, "toy")).toThrow("got plugins none");
  expect(() => findDataset({ toy }, "boy")).toThrow(
    'exports defineDataset({ id: "boy", ... }) of contract version 1, got plugins toy',
  );
  expect(() => findDataset({ toy: { ...toy, api: 2 } }, "toy")).toThrow("got contract version 2");
});

test("types: a plugin of any options is a Dataset", () => {
  expectTypeOf(toy.options).toExtend<z.ZodType>();
  expectTypeOf<Dataset["kind"]>().toEqualTypeOf<"lejepa/dataset">();
  // @ts-expect-error: path is required
  expect(() => bindDataset(toy, {})).toThrow("path: expected string");
});

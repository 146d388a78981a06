import { bindDataset, type DatasetItem } from "@lejepa/contracts";
import { fc, test as property } from "@fast-check/vitest";
import { expect, test } from "vitest";
import { inProcessToy } from "./_toy.test-helper.ts";
import { datasetOfItems, sampleItems } from "./scan-sample.ts";

const source = { path: "/x" };
const itemsOf = (labels: readonly string[]): DatasetItem[] => labels.map((label, i) => ({ id: `${i}`, label, source }));

test("small classes are seen", () => {
  const items = itemsOf([...Array.from({ length: 1000 }, () => "common"), "rare", "rare"]);
  const labels = sampleItems(items, 10).map(({ label }) => label);
  expect(labels.filter((label) => label === "rare")).toHaveLength(2);
  expect(labels).toHaveLength(10);
});

test("many groups are seen", () => {
  const items = Array.from(
    { length: 100 },
    (_, i): DatasetItem => ({ id: `${i}`, group: i < 90 ? "big" : `g${i}`, source }),
  );
  expect(new Set(sampleItems(items, 11).map(({ group }) => group)).size).toBe(11);
});

property.prop([fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 50 }), fc.nat(60), fc.nat(5)])(
  "a sample is a part, in order, of the size asked for, whatever the order of the items",
  (labels, count, seed) => {
    const items = itemsOf(labels);
    const sample = sampleItems(items, count, seed);
    expect(sample).toHaveLength(Math.min(count, items.length));
    expect(sample).toEqual(items.filter((item) => sample.includes(item)));
    expect(new Set(sampleItems([...items].reverse(), count, seed))).toEqual(new Set(sample));
  },
);

test("a dataset of chosen items lists these", async () => {
  const dataset = bindDataset(inProcessToy as never, { path: "/x" } as never);
  const part = datasetOfItems(dataset, { items: itemsOf(["a"]) });
  expect(await part.plugin?.index({}, {} as never)).toEqual({ items: itemsOf(["a"]) });
  expect(part.plugin?.module).toBeUndefined();
});

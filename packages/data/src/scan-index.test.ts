import { expect, test } from "vitest";
import {
  countClasses,
  countFacts,
  groupBalance,
  groupsInTwoSplits,
  splitOfItems,
  suspectGroups,
} from "./scan-index.ts";

const source = { path: "/x" };

test("facts are counted, numbers also have a range", () => {
  const items = [
    { facts: { modality: "CT", rows: 512 } },
    { facts: { modality: "MR", rows: 256 } },
    { facts: { modality: "CT", rows: 128, signed: true } },
    {},
  ];
  expect(countFacts(items)).toEqual([
    {
      name: "modality",
      items: 3,
      distinct: 2,
      values: [
        { value: "CT", count: 2 },
        { value: "MR", count: 1 },
      ],
    },
    {
      name: "rows",
      items: 3,
      distinct: 3,
      values: expect.any(Array) as unknown,
      range: { min: 128, median: 256, max: 512 },
    },
    { name: "signed", items: 1, distinct: 1, values: [{ value: true, count: 1 }] },
  ]);
});

test("classes and groups", () => {
  const items = ["a", "b", "b", undefined].map((label, i) => ({ ...(label && { label, group: `g${i % 2}` }) }));
  expect(countClasses(items)).toEqual([
    { name: "b", count: 2 },
    { name: "a", count: 1 },
  ]);
  expect(groupBalance(items)).toEqual({
    groups: 2,
    ungrouped: 1,
    smallest: 1,
    median: 1,
    largest: 2,
    largestShare: 0.5,
  });
  expect(groupBalance([{}])).toBeUndefined();
});

test("a group in two splits is found, items without a split count as training", () => {
  const items = [
    { id: "a", group: "p", source },
    { id: "b", group: "p", split: "train" as const, source },
    { id: "c", group: "p", split: "test" as const, source },
    { id: "d", group: "q", split: "test" as const, source },
  ];
  expect(groupsInTwoSplits(items)).toEqual([{ ids: ["a", "c"] }]);
});

const named = (ids: readonly string[], label?: string): { id: string; label?: string }[] =>
  ids.map((id) => ({ id, ...(label !== undefined && { label }) }));
const times = (count: number, id: (i: number) => string): string[] => Array.from({ length: count }, (_, i) => id(i));

test("names that look like groups are suspected", () => {
  const folders = named(
    times(40, (i) => `sick/patient${i % 10}/${i}.png`),
    "sick",
  );
  expect(suspectGroups(folders)).toMatchObject({ by: "folder", groups: 10, largest: 4 });
  const stems = named(
    times(40, (i) => `sick/scan${Math.floor(i / 4)}_${i % 4}.png`),
    "sick",
  );
  expect(suspectGroups(stems)).toEqual({ by: "name", groups: 10, largest: 4, example: "sick/scan0_0.png" });
});

test("names that are only numbered are not", () => {
  expect(
    suspectGroups(
      named(
        times(40, (i) => `cat/${i}.jpg`),
        "cat",
      ),
    ),
  ).toBeUndefined();
  expect(
    suspectGroups(
      named(
        times(40, (i) => `cat/cat_${i}.jpg`),
        "cat",
      ),
    ),
  ).toBeUndefined();
  expect(suspectGroups(named(times(40, (i) => `IMG_${1000 + i}.jpg`)))).toBeUndefined();
  expect(
    suspectGroups(
      named(
        times(40, (i) => `train/class${i % 4}/${i}.jpg`),
        undefined,
      ).map((item, i) => ({ ...item, label: `class${i % 4}` })),
    ),
  ).toBeUndefined();
});

test("a dataset that has groups is not suspected", () => {
  const items = named(times(40, (i) => `a/p${i % 10}/${i}.png`)).map((item) => ({ ...item, group: "g" }));
  expect(suspectGroups(items)).toBeUndefined();
});

test("the split of each item", () => {
  const splits = { train: Uint32Array.of(0, 2), validation: Uint32Array.of(1), test: Uint32Array.of() };
  expect(splitOfItems(4, splits)).toEqual(["train", "validation", "train", undefined]);
});

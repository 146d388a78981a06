import type { DatasetItem, SplitName } from "@lejepa/contracts";
import { isLejepaError } from "@lejepa/contracts";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { splitItems, type SplitOptions } from "./splits.ts";
import type { Splits } from "./types.ts";

interface Extra {
  readonly label?: string | undefined;
  readonly group?: string | undefined;
  readonly place?: string | undefined;
  readonly split?: SplitName | undefined;
}

const makeItem = (id: string, { label, group, place, split }: Extra = {}): DatasetItem => ({
  id,
  source: { path: `/${id}` },
  ...(label === undefined ? {} : { label }),
  ...(group === undefined ? {} : { group }),
  ...(place === undefined ? {} : { place }),
  ...(split === undefined ? {} : { split }),
});
const options: SplitOptions = { validation: 0.2, test: 0.1, stratify: true, seed: 0 };
const names = ["train", "validation", "test"] as const;
const sizes = (splits: Splits): number[] => names.map((name) => splits[name].length);
/** Split by item id, to compare listings of another order. */
const byId = (items: readonly DatasetItem[], splits: Splits): Record<string, string> =>
  Object.fromEntries(names.flatMap((name) => [...splits[name]].map((row) => [items[row]?.id, name])).sort());

const letter = fc.option(fc.constantFrom("a", "b", "c"), { nil: undefined });
const listings = fc
  .array(fc.record({ label: letter, group: fc.option(fc.nat(8).map(String), { nil: undefined }) }), {
    minLength: 8,
    maxLength: 60,
  })
  .map((extras) => extras.map((extra, i) => makeItem(`item ${i}`, extra)));
const choices = fc.record({
  validation: fc.constantFrom(0, 0.1, 0.3),
  test: fc.constantFrom(0, 0.2),
  stratify: fc.boolean(),
  seed: fc.nat(1000),
});

test("dates of a place stay together, with the groups that they are in", () => {
  const items = ["a", "a", "b", "b", "c", "c", "d", "d"].map((group, i) =>
    // b and c share a place, and two more dates of a place have no group
    makeItem(`${i}`, { group, place: [undefined, "p", "p", "q", "q", "r", undefined, undefined][i] }),
  );
  const loose = ["s", "s", undefined, undefined].map((place, i) => makeItem(`loose ${i}`, { place }));
  for (let seed = 0; seed < 20; seed++) {
    const all = [...items, ...loose];
    const homes = byId(all, splitItems(all, { validation: 0.3, test: 0.2, stratify: false, seed }));
    expect(new Set([homes["0"], homes["2"], homes["5"], homes["1"]]).size).toBe(1);
    expect(homes["loose 0"]).toBe(homes["loose 1"]);
  }
});

test("without shared places, nothing moves", () => {
  const plain = Array.from({ length: 40 }, (_, i) => makeItem(`${i}`, { group: i % 3 === 0 ? `${i % 9}` : undefined }));
  const placed = plain.map((item, i) => ({ ...item, place: `${item.group ?? i}` }));
  expect(splitItems(placed, options)).toEqual(splitItems(plain, options));
});

test("every row is in one split, groups stay whole, rows ascend", () => {
  fc.assert(
    fc.property(listings, choices, (items, choice) => {
      const splits = splitItems(items, choice);
      const rows = names.flatMap((name) => [...splits[name]]);
      expect(rows.toSorted((a, b) => a - b)).toEqual(items.map((_, row) => row));
      for (const name of names) expect([...splits[name]]).toEqual([...splits[name]].sort((a, b) => a - b));
      const homes = new Map<string, Set<string>>();
      for (const name of names) {
        for (const row of splits[name]) {
          const { group } = items[row] as DatasetItem;
          if (group !== undefined) homes.set(group, (homes.get(group) ?? new Set()).add(name));
        }
      }
      expect([...homes.values()].filter(({ size }) => size > 1)).toEqual([]);
    }),
  );
});

test("the listing's order does not matter", () => {
  fc.assert(
    fc.property(listings, choices, fc.infiniteStream(fc.double({ min: 0, max: 1 })), (items, choice, noise) => {
      const keys = new Map(items.map((item) => [item, noise.next().value as number]));
      const shuffled = items.toSorted((a, b) => (keys.get(a) as number) - (keys.get(b) as number));
      expect(byId(shuffled, splitItems(shuffled, choice))).toEqual(byId(items, splitItems(items, choice)));
    }),
  );
});

test("single images: shares are met, in all and for every class, to less than one and a half", () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom("a", "b", "c"), { minLength: 10, maxLength: 200 }),
      fc.nat(99),
      (labels, seed) => {
        const items = labels.map((label, i) => makeItem(`item ${i}`, { label }));
        const splits = splitItems(items, { ...options, seed });
        const shares = { train: 0.7, validation: 0.2, test: 0.1 };
        for (const name of names) {
          expect(Math.abs(splits[name].length - shares[name] * items.length)).toBeLessThan(1.01);
          for (const kind of new Set(labels)) {
            const total = labels.filter((label) => label === kind).length;
            const count = [...splits[name]].filter((row) => labels[row] === kind).length;
            expect(Math.abs(count - shares[name] * total)).toBeLessThan(1.5);
          }
        }
      },
    ),
  );
});

test("many classes of few images still give their share", () => {
  const items = Array.from({ length: 400 }, (_, i) => makeItem(`item ${i}`, { label: `class ${i % 100}` }));
  expect(sizes(splitItems(items, { ...options, validation: 0.1, test: 0 }))).toEqual([360, 40, 0]);
});

test("groups of unequal size: shares are near, classes too", () => {
  const items = Array.from({ length: 600 }, (_, i) => {
    const patient = Math.floor(Math.sqrt(i));
    return makeItem(`image ${i}`, { group: `patient ${patient}`, label: patient % 3 === 0 ? "ill" : "well" });
  });
  const splits = splitItems(items, options);
  expect(splits.validation.length / 600).toBeCloseTo(0.2, 1);
  expect(splits.test.length / 600).toBeCloseTo(0.1, 1);
  const ill = (rows: Uint32Array): number =>
    [...rows].filter((row) => items[row]?.label === "ill").length / rows.length;
  for (const name of names) expect(Math.abs(ill(splits[name]) - ill(Uint32Array.from(items.keys())))).toBeLessThan(0.1);
});

test("another seed, another split; without stratifying only the total counts", () => {
  const items = Array.from({ length: 100 }, (_, i) => makeItem(`item ${i}`, { label: i < 50 ? "a" : "b" }));
  const first = splitItems(items, options);
  expect(splitItems(items, { ...options, seed: 1 }).validation).not.toEqual(first.validation);
  expect(sizes(splitItems(items, { ...options, stratify: false }))).toEqual([70, 20, 10]);
});

test("an item more moves few others", () => {
  const items = Array.from({ length: 200 }, (_, i) => makeItem(`item ${i}`, { label: i % 2 === 0 ? "a" : "b" }));
  const more = [...items, makeItem("one more", { label: "a" })];
  const before = byId(items, splitItems(items, options));
  const after = byId(more, splitItems(more, options));
  expect(Object.keys(before).filter((id) => before[id] !== after[id]).length).toBeLessThan(10);
});

test("splits that the dataset fixes stand; validation then comes out of train", () => {
  const items = Array.from({ length: 100 }, (_, i) => makeItem(`item ${i}`, { split: i < 80 ? "train" : "test" }));
  const splits = splitItems(items, options);
  expect(sizes(splits)).toEqual([64, 16, 20]);
  expect([...splits.test]).toEqual(Array.from({ length: 20 }, (_, i) => 80 + i));
  const three = [
    ...items.slice(0, 60),
    ...items.slice(60, 80).map((item): DatasetItem => ({ ...item, split: "validation" })),
    ...items.slice(80),
  ];
  expect(sizes(splitItems(three, options))).toEqual([60, 20, 20]);
});

test("no shares, all train", () => {
  const items = Array.from({ length: 5 }, (_, i) => makeItem(`item ${i}`));
  expect(sizes(splitItems(items, { ...options, validation: 0, test: 0 }))).toEqual([5, 0, 0]);
  expect(sizes(splitItems([makeItem("only")], options))).toEqual([1, 0, 0]);
});

test("a group in two fixed splits, and nothing left to train on", () => {
  const leak = [makeItem("1", { group: "p", split: "test" }), makeItem("2", { group: "p", split: "train" })];
  expect(() => splitItems(leak, options)).toThrow(
    'splits: expected every group in one split, got group "p" in test and train.',
  );
  const onlyTest = [makeItem("1", { split: "test" })];
  const thrown = (() => {
    try {
      return splitItems(onlyTest, options);
    } catch (error) {
      return error;
    }
  })();
  expect(isLejepaError(thrown, "E_DATA")).toBe(true);
  expect((thrown as Error).message).toBe(
    "splits: expected images to train on, got none of 1 (0 free groups). Lower data.splits.validation and data.splits.test, or check the splits that the dataset fixes.",
  );
});

test("the work grows with the number of images, not with its square", () => {
  const list = (count: number): ReturnType<typeof makeItem>[] =>
    Array.from({ length: count }, (_, i) => makeItem(`item ${i}`, { label: `class ${i % 1000}` }));
  const processorTime = (count: number): number => {
    const items = list(count);
    const start = process.cpuUsage();
    expect(sizes(splitItems(items, options))).toEqual([0.7 * count, 0.2 * count, 0.1 * count].map(Math.round));
    const { user, system } = process.cpuUsage(start);
    return user + system;
  };
  processorTime(10_000); // compiles
  // ten times the images; a square would take a hundred times as long
  expect(processorTime(100_000)).toBeLessThan(40 * processorTime(10_000));
});

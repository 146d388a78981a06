import type { DatasetItem } from "@lejepa/contracts";
import { type Sketch, sketch } from "@lejepa/data";
import { expect, test } from "vitest";
import { reportDuplicates } from "./duplicate-report.ts";

const same = sketch(
  Uint8Array.from({ length: 256 }, (_, i) => (i * 37) % 251),
  { width: 16, height: 16, channels: 1 },
) as Sketch;
const itemsOf = (...parts: readonly (readonly [id: string, path: string, group?: string])[]): DatasetItem[] =>
  parts.map(([id, path, group]) => ({ id, source: { path }, ...(group !== undefined && { group }) }));

test("pairs of one file, of one group and of equal files are no news", () => {
  const items = itemsOf(["a#0", "a"], ["a#1", "a"], ["b", "b"], ["g1", "c", "g"], ["g2", "d", "g"]);
  const [first, , copy] = items as [DatasetItem, DatasetItem, DatasetItem];
  const report = reportDuplicates(items, {
    equal: [[first, copy]],
    splitOf: ["train", "train", "test", "train", "train"],
    looked: items,
    sketches: items.map(() => same),
  });
  expect(report.exact).toEqual([{ ids: ["a#0", "b"], splits: ["train", "test"] }]);
  expect(report.surplus).toBe(1);
  expect(report.near.map(({ ids }) => ids)).toEqual([
    ["a#0", "g1"],
    ["a#0", "g2"],
    ["a#1", "g1"],
    ["a#1", "g2"],
    ["b", "g1"],
    ["b", "g2"],
  ]);
  expect(report).toMatchObject({ acrossSplits: 3, looked: 5, moreNear: false });
});

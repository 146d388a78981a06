import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createPartners } from "./partners.ts";
import { createSampler } from "./sampler.ts";

const rowsOf = (items: readonly unknown[]): Uint32Array => Uint32Array.from(items.keys());
const places = fc.array(fc.record({ place: fc.constantFrom("a", "b", "c", "d") }, { requiredKeys: [] }), {
  minLength: 2,
  maxLength: 30,
});

test("a partner is another date of the place, or the image itself, and depends on seed, epoch and row alone", () => {
  fc.assert(
    fc.property(places, fc.nat(99), fc.constantFrom(0, 0.5, 1), (items, seed, probability) => {
      const partners = createPartners(items, rowsOf(items), { seed, probability });
      const dates = (row: number): number[] =>
        items[row]?.place === undefined
          ? [row]
          : [...items.keys()].filter((other) => items[other]?.place === items[row]?.place);
      const paired = [...items.keys()].filter((row) => dates(row).length > 1);
      expect(partners?.count ?? 0).toBe(paired.length);
      const again = createPartners(items, rowsOf(items), { seed, probability });
      for (const row of items.keys()) {
        const partner = partners?.of(row, 3) ?? row;
        const others = dates(row).filter((date) => date !== row);
        const possible =
          probability === 0 || others.length === 0 ? [row] : [...others, ...(probability < 1 ? [row] : [])];
        expect(possible).toContain(partner);
        expect(again?.of(row, 3) ?? row).toBe(partner);
      }
    }),
  );
});

test("rows that are not trained on are nobody's partner", () => {
  const items = [{ place: "a" }, { place: "a" }, { place: "a" }, { place: "b" }, { place: "b" }];
  const partners = createPartners(items, Uint32Array.of(0, 2, 3), { seed: 1, probability: 1 });
  expect(partners?.count).toBe(2);
  for (const epoch of [0, 1, 2]) expect([0, 2, 3].map((row) => partners?.of(row, epoch))).toEqual([2, 0, 3]);
  expect(createPartners(items, Uint32Array.of(0, 3), { seed: 1, probability: 1 })).toBeUndefined();
});

test("all other dates come, each about as often", () => {
  const items = Array.from({ length: 4 }, () => ({ place: "a" }));
  const partners = createPartners(items, rowsOf(items), { seed: 5, probability: 0.75 });
  const counts = [0, 0, 0, 0];
  for (let epoch = 0; epoch < 4000; epoch++) counts[partners?.of(0, epoch) as number]! += 1;
  // five standard deviations of a share of a quarter
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(137);
});

test("the sampler knows the partners of a batch", () => {
  const items = Array.from({ length: 12 }, (_, i) => ({ place: String(i >> 1) }));
  const partners = createPartners(items, rowsOf(items), { seed: 5, probability: 0.5 });
  const sampler = createSampler(rowsOf(items), { batchSize: 4, seed: 5, partners });
  for (const step of [0, 2, 3, 7]) {
    const epoch = Math.floor(step / 3);
    expect([...(sampler.partners?.(step) ?? [])]).toEqual(
      [...sampler.batch(step)].map((row) => partners?.of(row, epoch)),
    );
  }
  expect(createSampler(rowsOf(items), { batchSize: 4, seed: 5 }).partners).toBeUndefined();
});

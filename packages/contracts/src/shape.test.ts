import { expect, test } from "vitest";
import { expectRank, expectShape } from "./shape.ts";

const z = { shape: [64, 128] };

test("expectRank passes the right rank and names the axes otherwise", () => {
  expect(() => expectRank("sigreg", "z", z, 2)).not.toThrow();
  expect(() => expectRank("sigreg", "z", z, 3, ["views", "samples", "dim"])).toThrow(
    "sigreg: expected z of rank 3 [views, samples, dim], got [64, 128].",
  );
  expect(() => expectRank("mean", "x", { shape: [] }, 1)).toThrow("mean: expected x of rank 1, got [].");
});

test("expectShape compares sizes, null for any", () => {
  expect(() => expectShape("linear", "bias", z, [null, 128])).not.toThrow();
  expect(() => expectShape("linear", "weight", z, [64, 192])).toThrow(
    "linear: expected weight of shape [64, 192], got [64, 128].",
  );
  expect(() => expectShape("linear", "weight", z, [null, null, null])).toThrow("[any, any, any], got [64, 128]");
});

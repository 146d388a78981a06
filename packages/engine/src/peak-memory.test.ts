// Peaks of small graphs, counted by hand.
import { expect, test } from "vitest";
import { binary, reshape, unary } from "./graph/build.ts";
import { topological } from "./graph/rewrite.ts";
import type { Value } from "./graph/value.ts";
import { peakBytes } from "./peak-memory.ts";

const input: Value = { shape: [1000], dtype: "float32", origin: { kind: "input", name: "x" } };
const bytes = 4000;
const peak = (...outputs: readonly Value[]): number => peakBytes(topological(outputs), outputs);

const repeated = (x: Value, times: number): Value => (times === 0 ? x : repeated(unary("Sqrt", x), times - 1));

test("an input stays, an operand goes when its last reader has run", () => {
  expect(peak(unary("Exp", input))).toBe(2 * bytes);
  // input, operand and result, however long the chain
  expect([2, 3, 9].map((times) => peak(repeated(input, times)))).toEqual([3, 3, 3].map((n) => n * bytes));
});

test("what is read later, or given out, is kept until then", () => {
  const kept = unary("Exp", input);
  // input, kept, operand, result
  expect(peak(binary("Add", repeated(kept, 4), kept))).toBe(4 * bytes);
  expect(peak(repeated(kept, 4), kept)).toBe(4 * bytes);
});

test("a view is no memory of its own, and keeps what it shows", () => {
  const view = reshape(unary("Exp", input), [10, 100]);
  const shape = 2 * 8;
  expect(peak(view)).toBe(2 * bytes + shape);
  expect(peak(repeated(view, 3))).toBe(3 * bytes + shape);
});

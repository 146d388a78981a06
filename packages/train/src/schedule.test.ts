import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { learningRate } from "./schedule.ts";

const schedule = fc
  .record({
    peak: fc.double({ min: 1e-6, max: 10, noNaN: true }),
    warmupSteps: fc.integer({ min: 0, max: 50 }),
    after: fc.integer({ min: 1, max: 200 }),
    finalFactor: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ after, ...rest }) => ({ ...rest, totalSteps: rest.warmupSteps + after }));

test.prop([schedule])("rises to the peak, falls to its end, never leaves [0, peak]", (one) => {
  const { peak, warmupSteps, totalSteps, finalFactor } = one;
  const rates = Array.from({ length: totalSteps }, (_, step) => learningRate(one, step));
  for (const [step, rate] of rates.entries()) {
    expect(rate).toBeGreaterThanOrEqual(0);
    expect(rate).toBeLessThanOrEqual(peak * (1 + 1e-12));
    const before = rates[step - 1];
    if (before === undefined) continue;
    if (step < warmupSteps) expect(rate).toBeGreaterThan(before);
    else expect(rate).toBeLessThanOrEqual(before * (1 + 1e-12));
  }
  if (warmupSteps > 0) expect(rates[warmupSteps - 1]).toBeCloseTo(peak, 12);
  expect(rates.at(-1)).toBeCloseTo(peak * finalFactor, 10);
});

test("linear warm-up over 4 steps, half of the way down in the middle of the cosine", () => {
  const one = { peak: 1, warmupSteps: 4, totalSteps: 12, finalFactor: 0.2 };
  expect([0, 1, 2, 3].map((step) => learningRate(one, step))).toEqual([0.25, 0.5, 0.75, 1]);
  expect(learningRate(one, 7)).toBeCloseTo(0.6, 12);
  expect(learningRate(one, 11)).toBeCloseTo(0.2, 12);
  expect(learningRate(one, 99)).toBeCloseTo(0.2, 12);
});

import { expect, test } from "vitest";
import { adviceOn, type Measured } from "./advice.ts";

const good: Measured = {
  images: 64,
  globalCosine: 0.6,
  globalAuroc: { pixels: 0.9, features: 0.8 },
  localAuroc: { pixels: 0.7, features: 0.7 },
  emptyLocals: 0.02,
  objectArea: undefined,
  localFrom: 0.05,
  invalid: 0,
  bands: [{ name: "gray", clipped: [0.01, 0.05], std: [0.2, 0.18] }],
};

test("good views need no advice", () => {
  expect(adviceOn(good)).toEqual([]);
  const unmeasured = { ...good, globalCosine: undefined, globalAuroc: undefined, localAuroc: undefined };
  expect(adviceOn(unmeasured)).toEqual([]);
});

const cases: readonly (readonly [string, Partial<Measured>, RegExp])[] = [
  [
    "not recognisable",
    { globalAuroc: { pixels: 0.55, features: 0.6 } },
    /^Views are hardly recognisable.*0\.55 by pixels/,
  ],
  [
    "nearly identical",
    { globalCosine: 0.99, globalAuroc: { pixels: 1, features: 1 } },
    /^Views are nearly identical.*0\.99/,
  ],
  ["locals say nothing", { localAuroc: { pixels: 0.5, features: 0.52 } }, /^Local views say nothing/],
  ["small object", { objectArea: 0.04, emptyLocals: 0.3 }, /^Crops are too small.*4 %.*30 % show.*begin at 0\.20/],
  ["empty crops", { emptyLocals: 0.4 }, /^40 % of the local views show next to nothing/],
  ["no data", { invalid: 0.5 }, /^50 % of the views' pixels are without data/],
  ["clipped", { bands: [{ name: "red", clipped: [0.1, 0.4], std: [0.2, 0.2] }] }, /^Values are clipped: 40 %.*\(red\)/],
  ["washed out", { bands: [{ name: "nir", clipped: [0, 0], std: [0.2, 0.05] }] }, /^Views are washed out.*\(nir\)/],
  ["few", { images: 6 }, /^Only 6 images/],
];

test.each(cases)("%s: one line of advice", (_, changed, wanted) => {
  const lines = adviceOn({ ...good, ...changed });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(wanted);
});

test("alike by one measure is recognisable; an object that crops cannot miss is no trouble", () => {
  expect(adviceOn({ ...good, globalAuroc: { pixels: 0.5, features: 0.9 } })).toEqual([]);
  expect(adviceOn({ ...good, objectArea: 0.04, localFrom: 0.18 })).toEqual([]);
  expect(adviceOn({ ...good, objectArea: 0.04, emptyLocals: 0 })).toEqual([]);
  expect(adviceOn({ ...good, objectArea: 0.5, emptyLocals: 0.1 })).toEqual([]);
});

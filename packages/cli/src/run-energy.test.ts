import { expect, test } from "vitest";
import { energyText, parseWatts } from "./run-energy.ts";

const info = { seconds: 812, steps: { done: 100, total: 100, perEpoch: 10 } };
const energy = { joules: 203_000, seconds: 820, source: "RAPL package-0" };

test("measured goes before an estimate, and only an estimate needs watts", () => {
  expect(energyText({ info, step: 100 })).toBe("not measured");
  expect(energyText({ info, step: 100, watts: 250 })).toBe("203.0 kJ (0.06 kWh), estimate: 250 W x 812 s");
  const measured = { ...info, energy };
  expect(energyText({ info: measured, step: 100, watts: 999 })).toBe("203.0 kJ (0.06 kWh), measured: RAPL package-0");
});

test("an earlier checkpoint has its share of the steps, in both", () => {
  expect(energyText({ info, step: 50, watts: 250 })).toBe("101.5 kJ (0.03 kWh), estimate: 250 W x 406 s");
  expect(energyText({ info: { ...info, energy }, step: 50 })).toMatch(/^101\.5 kJ/);
});

test("what was measured for a part of the time says so", () => {
  const part = { ...energy, joules: 2.5e6, seconds: 300 };
  expect(energyText({ info: { ...info, energy: part }, step: 100 })).toBe(
    "2.5 MJ (0.69 kWh), measured over 300 of 812 s: RAPL package-0",
  );
});

test("watts are a number above 0", () => {
  expect(parseWatts("62.5")).toBe(62.5);
  for (const text of ["0", "-3", "many", "", "1e9"])
    expect(() => parseWatts(text)).toThrow(/^--watts: expected the power of the machine in watts/);
});

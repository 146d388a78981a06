import * as fc from "fast-check";
import { expect, test } from "vitest";
import { skyGroups } from "./sky.ts";

/** The angle between two positions by the haversine formula, arcseconds. */
function separation(ra: readonly number[], dec: readonly number[], a: number, b: number): number {
  const radians = Math.PI / 180;
  const [p, q] = [(dec[a] as number) * radians, (dec[b] as number) * radians];
  const half = (angle: number): number => Math.sin(angle / 2) ** 2;
  const h = half(p - q) + Math.cos(p) * Math.cos(q) * half(((ra[a] as number) - (ra[b] as number)) * radians);
  return (2 * Math.asin(Math.sqrt(h)) * 3600) / radians;
}

/** Components by comparing all pairs. */
function slowGroups(ra: readonly number[], dec: readonly number[], arcseconds: number): number[] {
  const names = ra.map((_, i) => i);
  for (let changed = true; changed; ) {
    changed = false;
    for (const a of names.keys())
      for (const b of names.keys())
        if (separation(ra, dec, a, b) <= arcseconds && names[a] !== names[b]) {
          names[a] = names[b] = Math.min(names[a] as number, names[b] as number);
          changed = true;
        }
  }
  return names.map((name) => (names.filter((other) => other === name).length > 1 ? name : -1));
}

const arcsecond = 1 / 3600;
// clumps about awkward places: both poles, the start of right ascension, the equator
const position = fc.tuple(
  fc.constantFrom([0, 0], [359.9999, 0], [180, 89.9995], [77, -90], [90, 45]),
  fc.double({ min: -40, max: 40, noNaN: true }),
  fc.double({ min: -40, max: 40, noNaN: true }),
);

test("the components that comparing all pairs finds", () => {
  fc.assert(
    fc.property(fc.array(position, { maxLength: 40 }), fc.constantFrom(1, 5, 30), (positions, angle) => {
      const ra = positions.map(([[lon], x]) => ((lon as number) + x * arcsecond + 360) % 360);
      const dec = positions.map(([[, lat], , y]) => Math.max(-90, Math.min(90, (lat as number) + y * arcsecond)));
      // a pair at the angle itself may fall on either side
      fc.pre(!ra.some((_, a) => ra.some((__, b) => Math.abs(separation(ra, dec, a, b) - angle) < 1e-5)));
      expect([...skyGroups(ra, dec, angle)]).toEqual(slowGroups(ra, dec, angle));
    }),
    { numRuns: 60 },
  );
});

test("a chain is one component; what is not a number is alone; equal positions cost nothing", () => {
  const chain = Array.from({ length: 10 }, (_, i) => i * 4 * arcsecond);
  expect(new Set(skyGroups(chain, chain.fill(0, 10), 6))).toEqual(new Set([0]));
  expect([...skyGroups([1, Number.NaN, 1], [2, 2, Number.NaN], 5)]).toEqual([-1, -1, -1]);
  const same = new Float64Array(200_000);
  expect(new Set(skyGroups(same, same, 5))).toEqual(new Set([0]));
});

// The slices that look least normal, with the images that make them so. By Epps-Pulley, the statistic that training minimises.
import type { DatasetItem } from "@lejepa/contracts";
import { normalityTests, normalOrderStatistics } from "@lejepa/core";
import type { Matrix } from "../matrix.ts";
import type { CockpitSlice } from "./cockpit-document.ts";
import { criticalOrNull, finiteOrNull, type SliceStatistics } from "./slice-tests.ts";

const wanted = { slices: 6, images: 4, points: 100 };
/** Slices closer together than this cosine show the same thing. */
const sameCosine = 0.8;

/**
 * Up to six slices farthest from normal, none close to another.
 *
 * @param items of the samples, with their rows in the store
 */
export function worstSlices(
  found: SliceStatistics,
  { rows, items }: { readonly rows: Uint32Array; readonly items: readonly DatasetItem[] },
): CockpitSlice[] {
  const statistic = found.statistics.get("epps-pulley") ?? new Float32Array();
  const order = Array.from(statistic.keys()).sort((a, b) => (statistic[b] as number) - (statistic[a] as number));
  const chosen: number[] = [];
  for (const slice of order) {
    if (chosen.length === wanted.slices) break;
    if (chosen.every((other) => Math.abs(cosine(found.directions, slice, other)) < sameCosine)) chosen.push(slice);
  }
  return chosen.map((slice) => describe(found, slice, { rows, items }));
}

function cosine({ data, rows, columns }: Matrix, a: number, b: number): number {
  let sum = 0;
  for (let d = 0; d < rows; d++) sum += (data[d * columns + a] as number) * (data[d * columns + b] as number);
  return sum;
}

function describe(
  { projected, directions, random, statistics }: SliceStatistics,
  slice: number,
  { rows, items }: { readonly rows: Uint32Array; readonly items: readonly DatasetItem[] },
): CockpitSlice {
  const { data, columns, rows: samples } = projected;
  const ends = Array.from(rows, (row, i) => ({
    row,
    id: items[row]?.id ?? "",
    value: data[i * columns + slice] as number,
  }));
  ends.sort((a, b) => a.value - b.value);
  const values = ends.map(({ value }) => value);
  const mean = values.reduce((sum, value) => sum + value, 0) / samples;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / samples;
  const ratios = normalityTests.flatMap(({ name, kind }) => {
    const critical = criticalOrNull(name, { samples, dim: directions.rows, level: 0.05 });
    // a likelihood may have a limit below 0, over which a ratio says nothing
    if (kind === "multivariate" || critical === null || critical <= 0) return [];
    return [[name, finiteOrNull((statistics.get(name)?.[slice] as number) / critical)] as const];
  });
  return {
    kind: slice < random ? "random" : "axis",
    index: slice < random ? slice : slice - random,
    mean,
    std: Math.sqrt(variance),
    ratios: Object.fromEntries(ratios),
    low: ends.slice(0, wanted.images),
    high: ends.slice(-wanted.images).reverse(),
    qq: quantilePairs(values),
  };
}

/** At most a hundred points of the QQ plot, both ends among them. */
function quantilePairs(sorted: readonly number[]): [number, number][] {
  const expected = normalOrderStatistics(sorted.length);
  const count = Math.min(wanted.points, sorted.length);
  return Array.from({ length: count }, (_, k) => {
    const i = count === 1 ? 0 : Math.round((k * (sorted.length - 1)) / (count - 1));
    return [expected[i] as number, sorted[i] as number];
  });
}

/**
 * From which value on a statistic rejects N(0, 1), by interpolation in simulated tables. Not p-values.
 */
import { LejepaError } from "@lejepa/contracts";
import { criticalTables } from "./_critical-values.ts";

/** Quantiles of a statistic under N(0, I), times samples^scale. */
export interface CriticalTable {
  readonly scale: number;
  readonly rows: readonly CriticalRow[];
}

/** Quantiles 0.90, 0.95 and 0.99 at one number of samples (and dimensions). */
export interface CriticalRow {
  readonly samples: number;
  readonly dim?: number;
  readonly values: readonly [number, number, number];
}

/** Levels of significance that the tables hold. */
export const significanceLevels = [0.1, 0.05, 0.01] as const;
export type SignificanceLevel = (typeof significanceLevels)[number];

/** What a critical value depends on. */
export interface CriticalValueOptions {
  readonly samples: number;
  /** Dimensions; for multivariate tests only. */
  readonly dim?: number | undefined;
  /** 0.05 by default. */
  readonly level?: SignificanceLevel | undefined;
}

/**
 * The critical value of a test of the registry, for its statistic as returned there: reject when the statistic is larger.
 *
 * Simulated (tools/goldens/core_critical_values.py), interpolated linearly in 1 / samples and, for multivariate tests, in
 * log dim; beyond the largest tabulated number of samples the scaled value is taken as constant.
 *
 *     criticalValue("epps-pulley", { samples: 256, level: 0.01 }); // 4.71: slices above it do not look normal
 *
 * @throws LejepaError E_USAGE for an unknown test, or samples or dim outside the table
 */
export function criticalValue(name: string, { samples, dim, level = 0.05 }: CriticalValueOptions): number {
  const table = criticalTables[name];
  if (table === undefined) throw usage(`one of ${Object.keys(criticalTables).join(", ")}`, name);
  const column = significanceLevels.indexOf(level);
  if (column < 0) throw usage(`level as one of ${significanceLevels.join(", ")}`, String(level));
  return scaledValue(table, samples, dim, column) / samples ** table.scale;
}

function scaledValue({ rows }: CriticalTable, samples: number, dim: number | undefined, column: number): number {
  const dims = [...new Set(rows.flatMap((row) => row.dim ?? []))];
  const atDim = (wanted: number | undefined): number => {
    const points = rows
      .filter((row) => row.dim === wanted)
      .map((row) => [1 / row.samples, row.values[column]!] as const);
    const least = 1 / points[0]![0];
    if (!(samples >= least)) throw usage(`at least ${Math.round(least)} samples`, String(samples));
    return interpolate(points.toReversed(), Math.max(1 / samples, points.at(-1)![0]));
  };
  if (dims.length === 0) return atDim(undefined);
  if (dim === undefined || dim < dims[0]! || dim > dims.at(-1)!)
    throw usage(`dim in ${dims[0]} .. ${dims.at(-1)}`, String(dim));
  return interpolate(
    dims.map((d) => [Math.log(d), atDim(d)] as const),
    Math.log(dim),
  );
}

/** Piecewise linear through points of ascending x, which enclose `at`. */
function interpolate(points: readonly (readonly [number, number])[], at: number): number {
  const after = Math.max(
    1,
    points.findIndex(([x]) => x >= at - 1e-12),
  );
  const [[x0, y0], [x1, y1]] = [points[after - 1]!, points[after]!];
  return y0 + ((y1 - y0) * (at - x0)) / (x1 - x0);
}

const usage = (expected: string, got: string): LejepaError =>
  new LejepaError({ code: "E_USAGE", where: "criticalValue", expected, got });

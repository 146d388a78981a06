// All normality tests of @lejepa/core on projections of embeddings: one statistic a slice, and the multivariate ones on the
// embeddings themselves. Which slices are worst is worst-slices.ts's.
import { isLejepaError } from "@lejepa/contracts";
import { criticalValue, normalityTests, sigregDirections, type SignificanceLevel } from "@lejepa/core";
import type { Engine } from "@lejepa/engine";
import * as tf from "@tensorflow/tfjs";
import type { Matrix } from "../matrix.ts";
import type { CockpitTest } from "./cockpit-document.ts";

/** Embeddings on slices: `random` directions first, then every dimension by itself. */
export interface SliceStatistics {
  readonly random: number;
  /** `[dim, slices]` unit columns. */
  readonly directions: Matrix;
  /** `[samples, slices]` */
  readonly projected: Matrix;
  /** Statistic of each slice, by test; multivariate tests have one. */
  readonly statistics: ReadonlyMap<string, Float32Array>;
}

/**
 * Runs every test on finite embeddings `[samples, dim]`.
 *
 * @param options `random`: how many random directions, a pure function of the seed
 */
export async function testSlices(
  engine: Engine,
  z: Matrix,
  { random, seed }: { readonly random: number; readonly seed: number },
): Promise<SliceStatistics> {
  const { rows: samples, columns: dim } = z;
  const slices = random + dim;
  const directions = withAxes(sigregDirections(dim, random, seed, 0), dim, random);
  const program = await engine.compile(
    (inputs) => {
      const x = tf.matMul(inputs.z as tf.Tensor2D, inputs.directions as tf.Tensor2D);
      const results = normalityTests.map(({ name, kind, statistic }) => [
        name,
        statistic(kind === "univariate" ? x : inputs.z),
      ]);
      return { projected: x, ...(Object.fromEntries(results) as Record<string, tf.Tensor>) };
    },
    { z: { shape: [samples, dim] }, directions: { shape: [dim, slices] } },
  );
  try {
    const out = await program.run({ z: z.data, directions });
    const values = new Map<string, Float32Array>();
    for (const [name, tensor] of Object.entries(out)) {
      values.set(name, ((await tensor.read()) as Float32Array).slice());
      tensor.dispose();
    }
    const { projected = new Float32Array(), ...statistics } = Object.fromEntries(values);
    return {
      random,
      directions: { data: directions, rows: dim, columns: slices },
      projected: { data: projected, rows: samples, columns: slices },
      statistics: new Map(Object.entries(statistics)),
    };
  } finally {
    await program.dispose();
  }
}

function withAxes(random: Float32Array, dim: number, count: number): Float32Array {
  const all = new Float32Array(dim * (count + dim));
  for (let d = 0; d < dim; d++) {
    all.set(random.subarray(d * count, (d + 1) * count), d * (count + dim));
    all[d * (count + dim) + count + d] = 1;
  }
  return all;
}

/** The critical value where the tables reach; they hold 32 to 4096 samples (64 to 1024 and few dimensions for multivariate tests). */
export function criticalOrNull(
  name: string,
  { samples, dim, level }: { readonly samples: number; readonly dim: number; readonly level: SignificanceLevel },
): number | null {
  try {
    return criticalValue(name, { samples, dim, level });
  } catch (error) {
    if (isLejepaError(error, "E_USAGE")) return null;
    throw error;
  }
}

const quantileCount = 40;

/** What each test says of the random slices. */
export function summariseTests({ random, directions, projected, statistics }: SliceStatistics): CockpitTest[] {
  const [samples, dim] = [projected.rows, directions.rows];
  return normalityTests.map(({ name, kind }) => {
    const all = statistics.get(name) ?? new Float32Array();
    const values = Array.from(kind === "univariate" ? all.subarray(0, random) : all).sort((a, b) => a - b);
    const at = (share: number): number | null => finiteOrNull(values[Math.round(share * (values.length - 1))]);
    const five = criticalOrNull(name, { samples, dim, level: 0.05 });
    return {
      name,
      kind,
      critical: { five, one: criticalOrNull(name, { samples, dim, level: 0.01 }) },
      // an overflow to infinity is as far from normal as it gets, and NaN counts with it
      rejected: five === null ? null : values.filter((value) => !(value <= five)).length / values.length,
      median: at(0.5),
      largest: at(1),
      quantiles:
        kind === "univariate" ? Array.from({ length: quantileCount + 1 }, (_, i) => at(i / quantileCount)) : [],
    };
  });
}

/** JSON has no NaN and no infinity. */
export function finiteOrNull(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}

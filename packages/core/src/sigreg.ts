/**
 * SIGReg: the sliced Epps-Pulley statistic of embeddings against N(0, I) (paper arXiv:2511.08544, sections 4-5,
 * Algorithm 1). Not the whole loss (objective.ts).
 *
 * Deviations from the paper's Algorithm 1, all options: the default quadrature is the half line [0, 3] (the integrand is
 * even; Algorithm 1 uses [-5, 5]); the statistic of each view is averaged (`pooled` merges the views' samples instead).
 */
import { expectRank, expectShape, LejepaError, objectiveDefaults } from "@lejepa/contracts";
import { allReduceMean, float32 } from "@lejepa/engine";
import * as tf from "@tensorflow/tfjs";
import { type CharacteristicForm, characteristicMeans, characteristicMethod } from "./characteristic.ts";
import { foldedKnots, type QuadratureOptions } from "./quadrature.ts";

/** How the Epps-Pulley statistic of one set of samples is computed. */
export interface EppsPulleyOptions extends Partial<QuadratureOptions> {
  /**
   * `recurrence` (default): O(samples) memory; `direct`: the formula, O(samples * knots) for one chunk, fewer and larger
   * operations. `characteristicMethod` has the right one, with its chunks, for a device.
   */
  readonly form?: CharacteristicForm | undefined;
  /** Slices are taken in chunks whose largest tensor has about this many elements; default 2^17, for a CPU's cache. */
  readonly chunkElements?: number | undefined;
  /** `global` (default): samples of all ranks make one statistic; `local`: one for each rank. */
  readonly statistics?: "global" | "local" | undefined;
  /** Number of ranks that hold as many samples each [W]; 1 by default. */
  readonly worldSize?: number | undefined;
}

/** Options of SIGReg; defaults are `objectiveDefaults` of @lejepa/contracts. */
export interface SigregOptions extends EppsPulleyOptions {
  /** `mean` over views and slices, `sum`, or `none`: all of them. */
  readonly reduction?: "mean" | "sum" | "none" | undefined;
  /** Statistics below this value count as 0, without gradient: slices that look normal enough are left alone. `null`: off. */
  readonly clipValue?: number | null | undefined;
  /** One statistic over the samples of all views together, instead of one for each view. */
  readonly pooled?: boolean | undefined;
}

/**
 * SIGReg of embeddings.
 *
 *     x_n = z_n . a
 *     T = N sum_k w_k [ (mean_n cos t_k x_n - phi_k)^2 + (mean_n sin t_k x_n)^2 ],   phi_k = exp(-t_k^2 / 2)
 *
 * for each view and direction a, then reduced. N counts the samples of all ranks: the two means pass through the engine's
 * all-reduce, so value and gradient are those of the whole batch, however it is spread. At N(0, I) the mean of T does not
 * depend on N; it is not divided by N, so values are comparable only at equal N.
 *
 *     const directions = tf.tensor2d(sigregDirections(64, 1024, seed, step), [64, 1024]);
 *     const loss = sigreg(embeddings, directions); // scalar
 *
 * Everything in float32, in mixed precision as well.
 *
 * @param z embeddings [views, samples, dim]
 * @param directions unit columns [dim, slices]
 * @returns a scalar, or [views, slices] for reduction `none` ([1, slices] when pooled)
 * @throws LejepaError E_SHAPE for wrong shapes, E_CONFIG for wrong options
 */
export function sigreg(z: tf.Tensor, directions: tf.Tensor, options: SigregOptions = {}): tf.Tensor {
  const { reduction = objectiveDefaults.reduction, clipValue = objectiveDefaults.clipValue } = options;
  const statistic = float32(() => clipSmall(eppsPulleyOfViews(project(z, directions, options), options), clipValue));
  if (reduction === "none") return statistic;
  return reduction === "sum" ? tf.sum(statistic) : tf.mean(statistic);
}

/**
 * What `sigreg` (reduction `mean`) is on average for samples of N(0, I): sum_k w_k (1 - phi_k^2), whatever their number.
 *
 *     expectedSigreg(); // 1.05 with the defaults
 */
export function expectedSigreg(options: Partial<QuadratureOptions> = {}): number {
  const { phi, weight } = foldedKnots({
    quadrature: options.quadrature ?? objectiveDefaults.quadrature,
    knots: options.knots ?? objectiveDefaults.knots,
    tMax: options.tMax ?? objectiveDefaults.tMax,
  });
  return phi.reduce((sum, value, k) => sum + weight[k]! * (1 - value ** 2), 0);
}

/**
 * The Epps-Pulley statistic of each column against N(0, 1); the same definition as `sigreg` without projection.
 *
 * @param x [samples, columns]
 * @returns [columns]
 */
export function eppsPulley(x: tf.Tensor, options: EppsPulleyOptions = {}): tf.Tensor1D {
  expectRank("eppsPulley", "x", x, 2, ["samples", "columns"]);
  return tf.squeeze(eppsPulleyOfViews(tf.expandDims(tf.transpose(x), 1) as tf.Tensor3D, options), [0]);
}

/** x [slices, views, samples] -> T [views, slices]. */
function eppsPulleyOfViews(x: tf.Tensor3D, options: EppsPulleyOptions): tf.Tensor2D {
  const usual = characteristicMethod("cpu");
  const { form = usual.form, chunkElements = usual.chunkElements, statistics = "global", worldSize = 1 } = options;
  const knots = foldedKnots({
    quadrature: options.quadrature ?? objectiveDefaults.quadrature,
    knots: options.knots ?? objectiveDefaults.knots,
    tMax: options.tMax ?? objectiveDefaults.tMax,
  });
  const local = characteristicMeans(x, knots, { form, chunkElements }); // [2 K, slices, views]
  const means = statistics === "global" ? allReduceMean(local) : local;
  const samples = x.shape[2] * (statistics === "global" ? worldSize : 1);
  const zeros = knots.phi.map(() => 0);
  const target = tf.tensor([...knots.phi, ...zeros], [2 * knots.t.length, 1, 1]);
  const weight = tf.tensor(
    [...knots.weight, ...knots.weight].map((w) => w * samples),
    [2 * knots.t.length, 1, 1],
  );
  return tf.transpose(tf.sum(tf.mul(tf.square(tf.sub(means, target)), weight), 0) as tf.Tensor2D);
}

function project(z: tf.Tensor, directions: tf.Tensor, options: SigregOptions): tf.Tensor3D {
  expectRank("sigreg", "z", z, 3, ["views", "samples", "dim"]);
  const [views, samples, dim] = z.shape as [number, number, number];
  expectShape("sigreg", "directions", directions, [dim, null]);
  if (views * samples === 0) {
    throw new LejepaError({
      code: "E_SHAPE",
      where: "sigreg",
      expected: "at least one view and one sample",
      got: `[${z.shape}]`,
    });
  }
  const { pooled = objectiveDefaults.pooled } = options;
  const x = tf.matMul(directions as tf.Tensor2D, tf.reshape(z, [views * samples, dim]), true, true); // [slices, views * samples]
  return tf.reshape(x, pooled ? [-1, 1, views * samples] : [-1, views, samples]);
}

function clipSmall(statistic: tf.Tensor, clipValue: number | null): tf.Tensor {
  if (clipValue === null) return statistic;
  return tf.where(tf.greaterEqual(statistic, clipValue), statistic, tf.zerosLike(statistic));
}

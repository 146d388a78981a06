/**
 * The LeJEPA objective: invariance between views plus SIGReg (paper arXiv:2511.08544, section 5, Algorithm 2).
 * Not the training step, and nothing about encoders.
 *
 * Every choice on which published implementations disagree is an option, the default the paper's. The table of those choices
 * is in this package's README ("What we implement, and what others do").
 */
import { expectRank, LejepaError, objectiveDefaults } from "@lejepa/contracts";
import * as tf from "@tensorflow/tfjs";
import { sigreg, type SigregOptions } from "./sigreg.ts";

/** Options of the objective. */
export interface LejepaLossOptions extends Omit<SigregOptions, "reduction"> {
  /** How many views are global: the first ones along the views axis; all of them by default. */
  readonly globalViews?: number | undefined;
  /** Weight of SIGReg, 0 <= lambda <= 1. */
  readonly lambda?: number | undefined;
  /** Views whose mean is the centre c. */
  readonly centre?: "global" | "all" | undefined;
  /** `convex` (default): (1 - lambda) I + lambda S; `sum`: I + lambda S. */
  readonly combine?: "convex" | "sum" | undefined;
  /** Views that enter the two terms; the centre is taken before the others are left out. */
  readonly lossViews?: "all" | "global" | "local" | undefined;
  /** Divide lambda by `worldSize`. */
  readonly lambdaPerRank?: boolean | undefined;
  readonly reduction?: "mean" | "sum" | undefined;
}

/** The loss and its two terms, scalars. */
export interface LejepaLoss {
  readonly loss: tf.Scalar;
  readonly invariance: tf.Scalar;
  readonly sigreg: tf.Scalar;
}

/**
 * The LeJEPA loss of one batch.
 *
 *     loss = (1 - lambda) mean_{v,n,d} (z_v - c)^2 + lambda SIGReg(z),   c = mean of the global views
 *
 *     const { loss } = lejepaLoss(embeddings, directions, { globalViews: 2, lambda: 0.05 });
 *
 * @param z embeddings [views, samples, dim], global views first
 * @param directions unit columns [dim, slices]; see `sigregDirections`
 * @throws LejepaError E_SHAPE for wrong shapes, E_CONFIG for options out of range
 */
export function lejepaLoss(z: tf.Tensor, directions: tf.Tensor, options: LejepaLossOptions = {}): LejepaLoss {
  expectRank("lejepaLoss", "z", z, 3, ["views", "samples", "dim"]);
  const views = z.shape[0]!;
  const { globalViews = views, lambda = objectiveDefaults.lambda, combine = "convex" } = options;
  check(globalViews, views, lambda, options);
  const kept = keepViews(z as tf.Tensor3D, globalViews, options.lossViews ?? "all");
  const centreViews = (options.centre ?? objectiveDefaults.centre) === "all" ? views : globalViews;
  const centre = tf.mean(firstViews(z as tf.Tensor3D, centreViews), 0, true); // [1, samples, dim]
  const invariance = tf.mean(tf.square(tf.sub(kept, centre))) as tf.Scalar;
  const regulariser = sigreg(kept, directions, { ...options, reduction: options.reduction ?? "mean" }) as tf.Scalar;
  const weight = options.lambdaPerRank === true ? lambda / (options.worldSize ?? 1) : lambda;
  const weighted = tf.mul(invariance, combine === "convex" ? 1 - weight : 1);
  return { loss: tf.add(weighted, tf.mul(regulariser, weight)) as tf.Scalar, invariance, sigreg: regulariser };
}

function firstViews(z: tf.Tensor3D, count: number): tf.Tensor3D {
  return count === z.shape[0] ? z : tf.slice(z, [0, 0, 0], [count, -1, -1]);
}

function keepViews(z: tf.Tensor3D, globalViews: number, lossViews: "all" | "global" | "local"): tf.Tensor3D {
  if (lossViews === "all") return z;
  return lossViews === "global" ? firstViews(z, globalViews) : tf.slice(z, [globalViews, 0, 0], [-1, -1, -1]);
}

function check(globalViews: number, views: number, lambda: number, options: LejepaLossOptions): void {
  const fail = (expected: string, got: unknown): never => {
    throw new LejepaError({ code: "E_CONFIG", where: "lejepaLoss", expected, got: String(got) });
  };
  if (!Number.isInteger(globalViews) || globalViews < 1 || globalViews > views) {
    fail(`globalViews as an integer in 1 .. ${views} (the views of z)`, globalViews);
  }
  if (!(lambda >= 0 && lambda <= 1)) fail("lambda in [0, 1]", lambda);
  if (options.lossViews === "local" && globalViews === views)
    fail("at least one local view for lossViews local", "none");
}

/**
 * Tests that compare the empirical distribution function with Phi: Anderson-Darling, Cramer-von Mises, Watson,
 * Kolmogorov-Smirnov, each column against N(0, 1) with nothing estimated. For diagnosis: they sort, and (but for
 * Anderson-Darling) hardly pull on samples far out, where Phi is flat. See normality.ts for what each is fit for.
 *
 * Below, x_(i) are the sorted samples of a column and u_i = Phi(x_(i)), i = 1 .. n.
 */
import { expectRank } from "@lejepa/contracts";
import * as tf from "@tensorflow/tfjs";
import { logNormalCdf, normalCdf, type NormalTails } from "./normal.ts";
import { sortedColumns } from "./sort.ts";

/** Options of `andersonDarling`. */
export interface AndersonDarlingOptions {
  /** `exact` (default), or a published implementation's approximation of log Phi beyond 3; see `logNormalCdf`. */
  readonly tails?: NormalTails | undefined;
}

/**
 * Anderson-Darling: A^2 = -n - 1/n sum_i (2i - 1) [ log u_i + log(1 - u_{n+1-i}) ].
 *
 * @param x [samples, columns]
 * @returns [columns]
 */
export function andersonDarling(x: tf.Tensor, { tails = "exact" }: AndersonDarlingOptions = {}): tf.Tensor1D {
  const sorted = ordered("andersonDarling", x);
  const n = sorted.shape[1];
  const below = tf.mul(
    logNormalCdf(sorted, tails),
    row(n, (i) => 2 * i - 1),
  );
  const above = tf.mul(
    logNormalCdf(tf.neg(sorted), tails),
    row(n, (i) => 2 * (n - i) + 1),
  );
  return tf.sub(-n, tf.mean(tf.add(below, above), 1)) as tf.Tensor1D;
}

/**
 * Cramer-von Mises as a mean: W = 1/n sum_i (u_i - (2i - 1) / (2n))^2. The textbook statistic is n W + 1 / (12 n).
 *
 * @param x [samples, columns]
 * @returns [columns]
 */
export function cramerVonMises(x: tf.Tensor): tf.Tensor1D {
  return meanSquaredGap(uniforms("cramerVonMises", x));
}

/**
 * Watson: Cramer-von Mises less (mean u - 1/2)^2, which makes it blind to where the circle is cut. The textbook statistic
 * is n times this plus 1 / (12 n).
 *
 * @param x [samples, columns]
 * @returns [columns]
 */
export function watson(x: tf.Tensor): tf.Tensor1D {
  const u = uniforms("watson", x);
  return tf.sub(meanSquaredGap(u), tf.square(tf.sub(tf.mean(u, 1), 0.5))) as tf.Tensor1D;
}

/**
 * Kolmogorov-Smirnov, two-sided: D = max_i max(i / n - u_i, u_i - (i - 1) / n).
 *
 * @param x [samples, columns]
 * @returns [columns]
 */
export function kolmogorovSmirnov(x: tf.Tensor): tf.Tensor1D {
  const u = uniforms("kolmogorovSmirnov", x);
  const n = u.shape[1]!;
  const above = tf.sub(
    row(n, (i) => i / n),
    u,
  );
  const below = tf.sub(
    u,
    row(n, (i) => (i - 1) / n),
  );
  return tf.max(tf.maximum(above, below), 1) as tf.Tensor1D;
}

function meanSquaredGap(u: tf.Tensor): tf.Tensor1D {
  const n = u.shape[1]!;
  return tf.mean(
    tf.square(
      tf.sub(
        u,
        row(n, (i) => (2 * i - 1) / (2 * n)),
      ),
    ),
    1,
  ) as tf.Tensor1D;
}

const uniforms = (where: string, x: tf.Tensor): tf.Tensor => normalCdf(ordered(where, x));

function ordered(where: string, x: tf.Tensor): tf.Tensor2D {
  expectRank(where, "x", x, 2, ["samples", "columns"]);
  return sortedColumns(x);
}

/** [1, n]: value(1) .. value(n). */
const row = (n: number, value: (i: number) => number): tf.Tensor2D =>
  tf.tensor2d(
    Float32Array.from({ length: n }, (_, i) => value(i + 1)),
    [1, n],
  );

/**
 * How many dimensions features really use, from the spectrum of their covariance or of the features themselves. On the host,
 * in float64; O(samples dim min(samples, dim)). Not for gradients.
 */
import { expectShape } from "@lejepa/contracts";
import { EigenvalueDecomposition, Matrix } from "ml-matrix";

/** Features [samples, dim], row-major. */
export interface FeatureTable {
  readonly data: Float32Array | Float64Array;
  readonly samples: number;
  readonly dim: number;
}

/** Eigenvalues of a symmetric matrix, descending, tiny negatives of rounding as 0. */
function eigenvalues(matrix: Matrix): number[] {
  const values = new EigenvalueDecomposition(matrix, { assumeSymmetric: true }).realEigenvalues;
  return values.map((v) => Math.max(0, v)).sort((a, b) => b - a);
}

function toMatrix({ data, samples, dim }: FeatureTable, centred: boolean): Matrix {
  expectShape("features", "data", { shape: [data.length] }, [samples * dim]);
  const table = new Matrix(
    Array.from({ length: samples }, (_, i) => Array.from(data.subarray(i * dim, (i + 1) * dim))),
  );
  return centred ? table.subRowVector(table.mean("column")) : table;
}

/** Squared singular values of the features, descending: eigenvalues of the smaller of the two Gram matrices. */
function squaredSingularValues(features: FeatureTable, centred: boolean): number[] {
  const table = toMatrix(features, centred);
  const turned = table.transpose();
  return eigenvalues(features.samples < features.dim ? table.mmul(turned) : turned.mmul(table));
}

/** exp of the entropy of the weights over their sum, each plus epsilon. */
function entropyRank(weights: readonly number[], epsilon = 0): number {
  const total = weights.reduce((sum, w) => sum + w, 0);
  if (total === 0) return 0;
  const shares = weights.map((w) => w / total + epsilon);
  return Math.exp(shares.reduce((sum, p) => (p === 0 ? sum : sum - p * Math.log(p)), 0));
}

/**
 * RankMe (Garrido et al. 2023, equation 1): exp of the entropy of the features' singular values over their sum, each plus
 * 1e-7. Not centred, as in the paper.
 */
export function rankMe(features: FeatureTable): number {
  return entropyRank(squaredSingularValues(features, false).map(Math.sqrt), 1e-7);
}

/**
 * Effective rank (Roy & Vetterli 2007) of the covariance: exp of the entropy of its eigenvalues over their sum. 0 when all
 * features are the same.
 */
export function effectiveRank(features: FeatureTable): number {
  return entropyRank(squaredSingularValues(features, true));
}

/** Eigenvalues of the covariance (over samples - 1), descending; at most min(samples, dim) of them. */
export function covarianceSpectrum(features: FeatureTable): number[] {
  return squaredSingularValues(features, true).map((value) => value / (features.samples - 1));
}

/**
 * alpha-ReQ (Agrawal et al. 2022): slope of the covariance's eigenvalues over their rank, both in logarithms; about 1 for
 * good features, larger when few directions dominate. Directions below 1e-10 of the largest are left out; NaN with fewer than
 * two.
 */
export function alphaReQ(features: FeatureTable): number {
  const values = squaredSingularValues(features, true).filter((v, _, all) => v > 1e-10 * (all[0] ?? 0));
  const x = values.map((_, i) => Math.log(i + 1));
  const y = values.map(Math.log);
  const mean = (v: readonly number[]): number => v.reduce((a, b) => a + b, 0) / v.length;
  const [mx, my] = [mean(x), mean(y)];
  const covariance = x.reduce((sum, v, i) => sum + (v - mx) * ((y[i] ?? 0) - my), 0);
  return -covariance / x.reduce((sum, v) => sum + (v - mx) ** 2, 0);
}

/** Mean standard deviation over dimensions; 0 when all features are the same. */
export function featureStd({ data, samples, dim }: FeatureTable): number {
  let total = 0;
  for (let d = 0; d < dim; d++) {
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < samples; i++) sum += data[i * dim + d] ?? 0;
    const mean = sum / samples;
    for (let i = 0; i < samples; i++) squares += ((data[i * dim + d] ?? 0) - mean) ** 2;
    total += Math.sqrt(squares / samples);
  }
  return total / dim;
}

/** Options of {@link lidar}. */
export interface LidarOptions {
  /** Views of each sample, adjacent rows: row = sample * views + view. */
  readonly views: number;
  /** Added to the within-sample scatter's diagonal. */
  readonly delta?: number;
}

/**
 * LiDAR (Thilak et al. 2024): rank of the linear discriminant between samples, with their views as classes. Rows of one
 * sample must be real views of it.
 */
export function lidar(features: FeatureTable, { views, delta = 1e-4 }: LidarOptions): number {
  const { samples, dim } = features;
  const classes = Math.floor(samples / views);
  expectShape("lidar", "rows", { shape: [samples] }, [classes * views]);
  const table = toMatrix(features, false);
  const means = Matrix.zeros(classes, dim);
  for (let c = 0; c < classes; c++) {
    means.setRow(c, table.subMatrix(c * views, (c + 1) * views - 1, 0, dim - 1).mean("column"));
  }
  for (let i = 0; i < samples; i++) {
    const row = Math.floor(i / views);
    table.setRow(
      i,
      table.getRow(i).map((value, d) => value - means.get(row, d)),
    );
  }
  const centred = means.subRowVector(means.mean("column"));
  const between = centred
    .transpose()
    .mmul(centred)
    .div(Math.max(1, classes - 1));
  const within = table
    .transpose()
    .mmul(table)
    .div(Math.max(1, classes * (views - 1)));
  const whitening = inverseRoot(within.add(Matrix.eye(dim, dim, delta)));
  return entropyRank(eigenvalues(whitening.mmul(between).mmul(whitening)));
}

/** Symmetric inverse square root. */
function inverseRoot(matrix: Matrix): Matrix {
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(matrix, { assumeSymmetric: true });
  const scaled = Matrix.diag(realEigenvalues.map((v) => 1 / Math.sqrt(v)));
  return eigenvectorMatrix.mmul(scaled).mmul(eigenvectorMatrix.transpose());
}

// How many dimensions features really use, from the spectrum of their covariance or of the features themselves.
import { expectShape } from "@lejepa/contracts";
import { EigenvalueDecomposition, Matrix } from "ml-matrix";

/** Features [samples, dim], row-major. */
export interface FeatureTable {
  readonly data: Float32Array;
  readonly samples: number;
  readonly dim: number;
}

/** Eigenvalues of a symmetric matrix, descending, tiny negatives of rounding as 0. */
function eigenvalues(matrix: Matrix): number[] {
  const values = new EigenvalueDecomposition(matrix, { assumeSymmetric: true }).realEigenvalues;
  return values.map((v) => Math.max(0, v)).sort((a, b) => b - a);
}

function gram({ data, samples, dim }: FeatureTable, centred: boolean): Matrix {
  expectShape("features", "data", { shape: [data.length] }, [samples * dim]);
  const rows = Array.from({ length: samples }, (_, i) => Array.from(data.subarray(i * dim, (i + 1) * dim)));
  const table = new Matrix(rows);
  if (centred) table.subRowVector(table.mean("column"));
  return table.transpose().mmul(table);
}

const entropyRank = (weights: readonly number[]): number => {
  const total = weights.reduce((sum, w) => sum + w, 0);
  if (total === 0) return 0;
  const entropy = weights.reduce((sum, w) => (w === 0 ? sum : sum - (w / total) * Math.log(w / total)), 0);
  return Math.exp(entropy);
};

/** RankMe (Garrido et al. 2023): exp of the entropy of the normalised singular values of the features. */
export const rankMe = (features: FeatureTable): number =>
  entropyRank(eigenvalues(gram(features, false)).map(Math.sqrt));

/** Effective rank (Roy & Vetterli 2007) of the covariance: exp of the entropy of its normalised eigenvalues. */
export const effectiveRank = (features: FeatureTable): number => entropyRank(eigenvalues(gram(features, true)));

/**
 * alpha-ReQ (Agrawal et al. 2022): slope of the covariance's eigenvalues over their rank, both in logarithms; about 1 for
 * good features, larger when few directions dominate.
 */
export function alphaReQ(features: FeatureTable): number {
  const values = eigenvalues(gram(features, true)).filter((v, _, all) => v > 1e-10 * (all[0] ?? 0));
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
  const { data, samples, dim } = features;
  const classes = samples / views;
  expectShape("lidar", "rows", { shape: [samples] }, [Math.floor(classes) * views]);
  const means = new Float32Array(classes * dim);
  for (let i = 0; i < samples; i++) {
    for (let d = 0; d < dim; d++) means[Math.floor(i / views) * dim + d]! += (data[i * dim + d] ?? 0) / views;
  }
  const residual = data.map((v, k) => v - (means[Math.floor(Math.floor(k / dim) / views) * dim + (k % dim)] ?? 0));
  const between = gram({ data: means, samples: classes, dim }, true).div(Math.max(1, classes - 1));
  const within = gram({ data: residual, samples, dim }, false).div(Math.max(1, classes * (views - 1)));
  within.add(Matrix.eye(dim, dim, delta));
  const whitening = inverseRoot(within);
  return entropyRank(eigenvalues(whitening.mmul(between).mmul(whitening)));
}

/** Symmetric inverse square root. */
function inverseRoot(matrix: Matrix): Matrix {
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(matrix, { assumeSymmetric: true });
  const scaled = Matrix.diag(realEigenvalues.map((v) => 1 / Math.sqrt(v)));
  return eigenvectorMatrix.mmul(scaled).mmul(eigenvectorMatrix.transpose());
}

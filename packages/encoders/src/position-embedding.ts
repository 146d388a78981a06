// Position embeddings for grids of another size than the trained one, so that global and local views share weights.
// Not a general image resize: the interpolation is one constant matrix, so it is a single, differentiable matMul.
// The paper does not define this; `antialias` is what timm's `resample_abs_pos_embed` does (bicubic, antialias, half-pixel
// centres, a = -0.5), `plain` what DINOv2 without registers does (no antialias, a = -0.75, borders repeated).
import { float32 } from "@lejepa/engine";
import * as tf from "@tensorflow/tfjs";

/** Patches along height and width. */
export type Grid = readonly [height: number, width: number];

/** Which bicubic interpolation. */
export type Resampling = "antialias" | "plain";

/**
 * Bicubic interpolation along one axis as a matrix.
 *
 * Output i weighs input j by `cubic((j + 0.5 - centre) / max(scale, 1))`, `centre = (i + 0.5) scale`,
 * `scale = from / to`, normalised to sum 1: equal to PyTorch's `interpolate(mode="bicubic", antialias=True)`.
 *
 * @returns row-major `[to, from]`
 */
export function bicubicMatrix(from: number, to: number): Float64Array {
  const matrix = new Float64Array(to * from);
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - 2 * stretch + 0.5));
    const end = Math.min(from, Math.trunc(centre + 2 * stretch + 0.5));
    let total = 0;
    for (let j = first; j < end; j++) total += matrix[i * from + j] = cubic((j + 0.5 - centre) / stretch);
    for (let j = first; j < end; j++) matrix[i * from + j] = (matrix[i * from + j] as number) / total;
  }
  return matrix;
}

/**
 * Bicubic interpolation along one axis without antialias: output i reads the 4 inputs around `(i + 0.5) from / to - 0.5`,
 * those beyond the border being the border's; equal to PyTorch's `interpolate(mode="bicubic")`.
 *
 * @returns row-major `[to, from]`
 */
export function plainBicubicMatrix(from: number, to: number): Float64Array {
  const matrix = new Float64Array(to * from);
  for (let i = 0; i < to; i++) {
    const at = ((i + 0.5) * from) / to - 0.5;
    const below = Math.floor(at);
    for (let j = below - 1; j <= below + 2; j++) {
      const index = i * from + Math.min(Math.max(j, 0), from - 1);
      matrix[index] = (matrix[index] as number) + cubic(j - at, -0.75);
    }
  }
  return matrix;
}

// Keys' cubic convolution kernel
function cubic(x: number, a = -0.5): number {
  const d = Math.abs(x);
  if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

/** Both axes at once, `[to[0] * to[1], from[0] * from[1]]`: the Kronecker product of the two matrices. */
export function gridMatrix(from: Grid, to: Grid, resampling: Resampling = "antialias"): Float32Array {
  const axis = resampling === "plain" ? plainBicubicMatrix : bicubicMatrix;
  const rows = axis(from[0], to[0]);
  const columns = axis(from[1], to[1]);
  const patches = from[0] * from[1];
  const matrix = new Float32Array(to[0] * to[1] * patches);
  for (let target = 0; target < to[0] * to[1]; target++) {
    const row = Math.floor(target / to[1]) * from[0];
    const column = (target % to[1]) * from[1];
    for (let source = 0; source < patches; source++) {
      const a = rows[row + Math.floor(source / from[1])] as number;
      matrix[target * patches + source] = a * (columns[column + (source % from[1])] as number);
    }
  }
  return matrix;
}

/**
 * Patch position embeddings `[from[0] * from[1], dim]` on the grid `to`; unchanged when the grids are equal.
 */
export function resamplePositions(
  table: tf.Tensor,
  from: Grid,
  { to, resampling }: { readonly to: Grid; readonly resampling: Resampling },
): tf.Tensor {
  if (from[0] === to[0] && from[1] === to[1]) return table;
  const matrix = tf.tensor2d(gridMatrix(from, to, resampling), [to[0] * to[1], from[0] * from[1]]);
  return float32(() => tf.matMul(matrix, table as tf.Tensor2D));
}

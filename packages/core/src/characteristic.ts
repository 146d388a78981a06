/**
 * Means of cos(t_k x) and sin(t_k x) over the samples: the empirical characteristic function at uniform knots, with its
 * gradient. Not the statistic itself (sigreg.ts), and no integration.
 *
 * `recurrence`: cos and sin of t_{k+1} x = t_k x + step x follow from those of t_k x and t_{k-1} x by
 * c_{k+1} = 2 cos(step x) c_k - c_{k-1}, and the gradient's two trigonometric sums by Clenshaw's algorithm, so no
 * tensor with a knot axis over samples exists: memory is O(samples). `direct`: the formula as it stands, with such a tensor for one chunk of slices.
 *
 * Rounding in float32: a knot's error grows at most as k^2 units in the last place (worst where step x is near a
 * multiple of pi), about 1e-5 for 16 knots; for large |x| both forms lose |t x| 6e-8 to the rounding of x itself.
 */
import * as tf from "@tensorflow/tfjs";
import type { Knots } from "./quadrature.ts";

/** How the means are computed; one definition, two costs. */
export type CharacteristicForm = "recurrence" | "direct";

/** See `EppsPulleyOptions`. */
export interface CharacteristicOptions {
  readonly form: CharacteristicForm;
  readonly chunkElements: number;
}

/**
 * Mean over the last axis of cos(t_k x) for all K knots, then of sin(t_k x). Samples lie along the last axis because
 * a reduction over contiguous memory is several times faster on a CPU.
 *
 * @param x [slices, views, samples]
 * @returns [2 K, slices, views]
 */
export function characteristicMeans(x: tf.Tensor3D, knots: Knots, options: CharacteristicOptions): tf.Tensor3D {
  return inChunks(x, options, knots);
}

/**
 * How the means are best computed on a device: `recurrence` in chunks that stay in a core's cache on a CPU (1.45 times as fast
 * for 1024 slices of 1024 samples, 2 times for 4096); `direct` in chunks of 256 MiB on a GPU, where it starts fewer operations
 * that read and write less, and where sine and cosine may be so inexact that the recurrence, which adds up their errors, is
 * ten times as far off (WebGPU).
 */
export function characteristicMethod(device: string): CharacteristicOptions {
  return device === "webgpu" || device === "cuda"
    ? { form: "direct", chunkElements: 1 << 26 }
    : { form: "recurrence", chunkElements: 1 << 17 };
}

/** More chunks make a graph larger than they make its memory smaller. */
const MAX_CHUNKS = { recurrence: 32, direct: 128 } as const;

/** Slices are independent of each other, so they are taken in chunks whose largest tensor has about `chunkElements`. */
function inChunks(x: tf.Tensor3D, { form, chunkElements }: CharacteristicOptions, knots: Knots): tf.Tensor3D {
  const [slices, views, samples] = x.shape;
  const means = form === "direct" ? directMeans : recurrenceMeans;
  const elements = slices * views * samples * (form === "direct" ? knots.t.length : 1);
  const most = Math.min(MAX_CHUNKS[form], slices, Math.ceil(elements / chunkElements));
  const size = Math.ceil(slices / most);
  const count = Math.ceil(slices / size);
  if (count === 1) return means(x, knots);
  const sizes = Array.from({ length: count }, (_, i) => Math.min(size, slices - i * size));
  return tf.concat(
    tf.split(x, sizes, 0).map((chunk) => means(chunk as tf.Tensor3D, knots)),
    1,
  );
}

/** The formula; its gradient computes sine and cosine anew, so that no tensor with a knot axis is kept for it. */
function directMeans(x: tf.Tensor3D, knots: Knots): tf.Tensor3D {
  const op = tf.customGrad((input, save) => {
    (save as tf.GradSaveFunc)([input as tf.Tensor]);
    const angle = tf.mul(tf.expandDims(input as tf.Tensor, 0), column(knots.t, 4)); // [K, slices, views, samples]
    const value = tf.concat([tf.mean(tf.cos(angle), 3), tf.mean(tf.sin(angle), 3)], 0);
    return { value, gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => directGradient(dy, saved[0]!, knots) };
  });
  return op(x) as tf.Tensor3D;
}

/**
 * dx = 1/N sum_k t_k (dS_k cos t_k x - dC_k sin t_k x), the sum as a product of matrices. Its layout differs from the forward
 * one on purpose: equal expressions would be found by the runtime and kept from one pass to the other.
 */
function directGradient(dy: tf.Tensor, x: tf.Tensor, knots: Knots): tf.Tensor {
  const count = knots.t.length;
  const samples = x.shape[2]!;
  const angle = tf.mul(tf.expandDims(x, 2), tf.tensor([...knots.t], [count, 1])); // [slices, views, K, samples]
  const scale = [...knots.t.map((t) => -t / samples), ...knots.t.map((t) => t / samples)];
  // [2 K, slices, views] -> [slices, views, 1, 2 K]
  const coefficients = tf.expandDims(tf.transpose(tf.mul(dy, column(scale, 3)), [1, 2, 0]), 2);
  // the mean of the cosine, which comes first, has minus the sine as its derivative
  const waves = tf.concat([tf.sin(angle), tf.cos(angle)], 2); // [slices, views, 2 K, samples]
  return tf.squeeze(tf.matMul(coefficients, waves), [2]);
}

/** Values along the first of `rank` axes. */
const column = (values: readonly number[], rank: number): tf.Tensor =>
  tf.tensor([...values], [values.length, ...Array<number>(rank - 1).fill(1)]);

function recurrenceMeans(x: tf.Tensor3D, knots: Knots): tf.Tensor3D {
  const op = tf.customGrad((input, save) => {
    const angle = tf.mul(input as tf.Tensor, knots.first * knots.step);
    const [cos, sin] = [tf.cos(angle), tf.sin(angle)];
    (save as tf.GradSaveFunc)([cos, sin]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => clenshaw(dy, { cos: saved[0]!, sin: saved[1]! }, knots);
    return { value: meansByRecurrence({ cos, sin }, knots), gradFunc };
  });
  return op(x) as tf.Tensor3D;
}

/** Two tensors over [slices, views, samples] that take the same steps: cos and sin, or the two sums of the gradient. */
interface Pair {
  readonly cos: tf.Tensor | number;
  readonly sin: tf.Tensor | number;
}

function meansByRecurrence(start: Pair, knots: Knots): tf.Tensor3D {
  const twice = twiceCos(start, knots);
  const mean = (value: tf.Tensor | number): tf.Tensor => tf.expandDims(tf.mean(value as tf.Tensor, 2), 0);
  const cosMeans = [mean(start.cos)];
  const sinMeans = [mean(start.sin)];
  let previous = beforeFirst(start, knots);
  let current = start;
  for (let k = 1; k < knots.t.length; k++) {
    const next = advance(twice, current, previous);
    if (k > 2) release(previous); // the first two pairs hold saved tensors
    [previous, current] = [current, next];
    cosMeans.push(mean(current.cos));
    sinMeans.push(mean(current.sin));
  }
  return tf.concat([...cosMeans, ...sinMeans], 0) as tf.Tensor3D;
}

/**
 * Gradient of the means: dx = 1/N sum_k t_k (dS_k cos t_k x - dC_k sin t_k x), both sums by Clenshaw's recurrence
 * b_k = a_k + 2 cos(step x) b_{k+1} - b_{k+2}, sum = b_1 f_1 - b_2 f_0 with f = cos or sin.
 */
function clenshaw(dy: tf.Tensor, start: Pair, knots: Knots): tf.Tensor {
  const count = knots.t.length;
  const samples = (start.cos as tf.Tensor).shape[2]!;
  const scale = [...knots.t.map((t) => -t / samples), ...knots.t.map((t) => t / samples)];
  const rows = tf.split(tf.expandDims(tf.mul(dy, tf.tensor(scale, [2 * count, 1, 1])), 3), 2 * count, 0); // [1, slices, views, 1]
  const coefficients = rows.map((row) => tf.squeeze(row, [0])); // [slices, views, 1]
  const twice = twiceCos(start, knots);
  // the cosine series carries dS, the sine series dC
  let after: Pair = { cos: 0, sin: 0 };
  let current: Pair = { cos: coefficients[2 * count - 1]!, sin: coefficients[count - 1]! };
  for (let k = count - 2; k >= 0; k--) {
    const next = advance(twice, current, after, { cos: coefficients[count + k]!, sin: coefficients[k]! });
    if (k < count - 3) release(after);
    [after, current] = [current, next];
  }
  const before = beforeFirst(start, knots);
  const sum = (f: "cos" | "sin"): tf.Tensor => minus(tf.mul(current[f], start[f]), product(after[f], before[f]));
  return tf.add(sum("cos"), sum("sin"));
}

/** Values at the angle one step before the first knot: at 0, or at minus half a step. */
function beforeFirst(start: Pair, knots: Knots): Pair {
  return knots.first === 1 ? { cos: 1, sin: 0 } : { cos: start.cos, sin: tf.neg(start.sin as tf.Tensor) };
}

/** 2 cos(step x), from the cosine at the first knot (at step x or at half of it). */
function twiceCos({ cos }: Pair, knots: Knots): tf.Tensor {
  return knots.first === 1 ? tf.mul(cos, 2) : tf.sub(tf.mul(tf.square(cos), 4), 2);
}

/** One step of the three-term recurrence for both tensors: plus + twice * current - previous. */
function advance(twice: tf.Tensor, current: Pair, previous: Pair, plus: Pair = { cos: 0, sin: 0 }): Pair {
  const next = (f: "cos" | "sin"): tf.Tensor =>
    tf.tidy(() => minus(add(tf.mul(twice, current[f]), plus[f]), previous[f]));
  return { cos: next("cos"), sin: next("sin") };
}

// a pass over [slices, views, samples] is the whole cost here, so none is spent on a constant 0 or 1
const add = (a: tf.Tensor, b: tf.Tensor | number): tf.Tensor => (b === 0 ? a : tf.add(a, b));
const minus = (a: tf.Tensor, b: tf.Tensor | number): tf.Tensor => (b === 0 ? a : tf.sub(a, b));
const product = (a: tf.Tensor | number, b: tf.Tensor | number): tf.Tensor | number =>
  a === 0 || b === 0 ? 0 : b === 1 ? a : tf.mul(a, b);

/** Eager backends free memory here; a traced graph does not need it. */
function release({ cos, sin }: Pair): void {
  tf.dispose([cos as tf.Tensor, sin as tf.Tensor]);
}

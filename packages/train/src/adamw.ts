// AdamW over one flat vector, as part of a traced step (Loshchilov & Hutter 2019, algorithm 2, in PyTorch's form).
// Not a schedule: the learning rate comes in with each step's hyper-parameters.
import { LejepaError } from "@lejepa/contracts";
import { flatRow } from "@lejepa/encoders";
import * as tf from "@tensorflow/tfjs";

/** What AdamW keeps the same during a run, inside the program. */
export interface AdamWOptions {
  readonly betas: readonly [number, number];
  /** Largest norm of the gradient; `null`: not clipped. */
  readonly clipGradNorm: number | null;
  /** The first elements are decayed, the others (biases, norms) are not: as `flatLayout` places them. */
  readonly decayLength: number;
}

/** What changes from step to step, or only matters on the host. */
export interface AdamWHyper {
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly betas: readonly [number, number];
  /** Default 1e-8. */
  readonly epsilon?: number;
}

/** Parameters, first and second moment: vectors laid out by `flatLayout`, or their rows `[length / flatRow, flatRow]`. */
export interface AdamWState {
  readonly theta: tf.Tensor;
  readonly m: tf.Tensor;
  readonly v: tf.Tensor;
}

/** Elements of the vector that {@link adamWHyper} makes. */
export const hyperLength = 3;

/**
 * Hyper-parameters of one step, computed in double precision on the host, with t = step + 1, c = sqrt(1 - beta2^t):
 * `[1 - lr wd, lr c / (1 - beta1^t), eps c]`. So written, the bias corrections cost no pass over the vectors.
 *
 * @param step steps done before this one, 0, 1, ...
 */
export function adamWHyper(
  step: number,
  { learningRate, weightDecay, betas, epsilon = 1e-8 }: AdamWHyper,
): Float32Array {
  const bias1 = 1 - betas[0] ** (step + 1);
  const root2 = Math.sqrt(1 - betas[1] ** (step + 1));
  return Float32Array.of(1 - learningRate * weightDecay, (learningRate * root2) / bias1, epsilon * root2);
}

/**
 * One step of AdamW with decoupled decay, bias correction and optional clipping of the gradient's norm:
 *
 *     g' = g min(1, clip / |g|),   m' = b1 m + (1 - b1) g',   v' = b2 v + (1 - b2) g'^2
 *     theta' = theta (1 - lr wd) - lr / (1 - b1^t) m' / (sqrt(v' / (1 - b2^t)) + eps)
 *
 * Equal to `torch.optim.AdamW` after `clip_grad_norm_`; the decay applies to the first `decayLength` elements. The vectors
 * are looked at as rows: no mask as large as they are, no slicing, and the norm is a sum of sums, which float32 needs. A
 * state that is kept as rows saves copies where it enters and leaves the program.
 *
 * @param gradient as many elements as the state
 * @param hyper see {@link adamWHyper}
 * @returns the new state in the shape of the old, and the norm of the gradient before clipping
 * @throws LejepaError E_SHAPE when the vectors are no whole rows
 */
export function adamW(
  { theta, m, v }: AdamWState,
  gradient: tf.Tensor,
  { hyper, betas, clipGradNorm, decayLength }: AdamWOptions & { readonly hyper: tf.Tensor },
): AdamWState & { readonly gradNorm: tf.Tensor } {
  expectRows(theta.size, decayLength);
  const [beta1, beta2] = betas;
  const [decay, stepSize, epsilon] = tf.split(hyper, 3) as [tf.Tensor, tf.Tensor, tf.Tensor];
  const rows = (x: tf.Tensor): tf.Tensor => (x.rank === 2 ? x : tf.reshape(x, [-1, flatRow]));
  const back = (x: tf.Tensor): tf.Tensor => (theta.rank === 2 ? x : tf.reshape(x, [-1]));
  const raw = rows(gradient);
  const gradNorm = tf.sqrt(tf.sum(tf.sum(tf.square(raw), 1)));
  const g = clipGradNorm === null ? raw : tf.mul(raw, clipFactor(gradNorm, clipGradNorm));
  // what needs no gradient is the second operand everywhere: runtimes compute operands in order, and the first would wait all step long
  const newM = tf.add(tf.mul(g, 1 - beta1), tf.mul(rows(m), beta1));
  const newV = tf.add(tf.mul(tf.square(g), 1 - beta2), tf.mul(rows(v), beta2));
  const update = tf.mul(tf.div(newM, tf.add(tf.sqrt(newV), epsilon)), tf.neg(stepSize));
  const kept = tf.mul(rows(theta), decayOfRows(decay, theta.size / flatRow, decayLength / flatRow));
  return { theta: back(tf.add(update, kept)), m: back(newM), v: back(newV), gradNorm };
}

// PyTorch adds 1e-6 so that a gradient of zero stays zero
function clipFactor(norm: tf.Tensor, limit: number): tf.Tensor {
  return tf.minimum(tf.div(limit, tf.add(norm, 1e-6)), 1);
}

/** The factor of each row, `[rows, 1]`. */
function decayOfRows(decay: tf.Tensor, rows: number, decayed: number): tf.Tensor {
  const parts = [tf.mul(tf.ones([decayed]), decay), tf.ones([rows - decayed])].filter(({ size }) => size > 0);
  return tf.reshape(tf.concat(parts), [rows, 1]);
}

function expectRows(length: number, decayLength: number): void {
  if (length % flatRow === 0 && decayLength % flatRow === 0 && decayLength <= length) return;
  throw new LejepaError({
    code: "E_SHAPE",
    where: "adamW",
    expected: `vectors and decayLength as whole rows of ${flatRow} (see flatLayout)`,
    got: `${length} and ${decayLength}`,
  });
}

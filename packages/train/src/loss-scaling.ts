// Dynamic loss scaling, for precision float16: gradients are made of the loss times a scale, so that small ones do not vanish in
// 16 bits, and divided by it in float32. The rule is that of PyTorch's GradScaler; the scale is part of the training state.
// Other precisions have none of it: bfloat16 has float32's range.
import type { Config } from "@lejepa/contracts";
import * as tf from "@tensorflow/tfjs";

/** How the scale changes. */
export interface ScalingRule {
  readonly first: number;
  /** The scale never falls below: smaller ones do not help gradients that are not finite. */
  readonly least: number;
  readonly most: number;
  /** Good steps in a row after which the scale doubles. */
  readonly growthInterval: number;
}

/** PyTorch's numbers, and bounds that it does not have. */
export const scalingRule: ScalingRule = { first: 2 ** 16, least: 1, most: 2 ** 24, growthInterval: 2000 };

/** Elements of the state: the scale, good steps since it changed, steps skipped in the whole run. */
export const scalingLength = 3;

/** Whether runs of a precision scale their loss. */
export const scalesLoss = (precision: Config["precision"]): boolean => precision === "float16";

/** State at the start of a run. */
export const firstScaling = ({ first }: ScalingRule = scalingRule): Float32Array => Float32Array.of(first, 0, 0);

/** Steps that a run has skipped so far. */
export const skippedSteps = ({ scaling }: { readonly scaling?: Float32Array }): number => scaling?.[2] ?? 0;

/** As `tf.valueAndGrad(loss)(theta)`, the gradient by way of the scaled loss. */
export function scaledGradient(
  loss: (theta: tf.Tensor) => tf.Scalar,
  theta: tf.Tensor,
  scaling: tf.Tensor,
): { readonly value: tf.Tensor; readonly grad: tf.Tensor } {
  const scale = tf.reshape(tf.slice(scaling, [0], [1]), []);
  let value: tf.Tensor | undefined;
  const { grad } = tf.valueAndGrad((vector: tf.Tensor) => {
    value = tf.keep(loss(vector));
    return tf.mul(value, scale) as tf.Scalar;
  })(theta);
  return { value: value as tf.Tensor, grad: tf.div(grad, scale) };
}

/**
 * What replaces the outputs of a step of scaled loss: where the gradient is not finite, the old state, so that nothing of the
 * step remains; and the scaling's own: its new state, the scale of this step (`lossScale`), steps `skipped` so far.
 *
 * @param outputs of the step, the state and `gradNorm` among them
 * @param old the state by the names of its outputs
 */
export function unlessSkipped(
  outputs: Readonly<Record<string, tf.Tensor>>,
  old: Readonly<Record<string, tf.Tensor>>,
  scaling: tf.Tensor,
): Record<string, tf.Tensor> {
  const good = isGood(outputs["gradNorm"] as tf.Tensor);
  const next = nextScaling(scaling, good);
  const state = Object.entries(old).map(([name, before]) => [name, tf.where(good, outputs[name] as tf.Tensor, before)]);
  return {
    ...Object.fromEntries(state),
    scaling: next,
    lossScale: tf.slice(scaling, [0], [1]),
    skipped: tf.slice(next, [2], [1]),
  };
}

// the largest float32 but for a tenth, and no NaN is smaller: WebGPU has no test for NaN
const LARGEST = 3e38;

/** Whether the gradient of this norm is finite: a boolean scalar. */
const isGood = (gradNorm: tf.Tensor): tf.Tensor => tf.less(gradNorm, LARGEST);

/**
 * The state of the next step: a step that is not good halves the scale; after `growthInterval` good ones in a row it doubles.
 *
 * @param scaling `[scale, good steps, skipped steps]`
 * @param good boolean scalar
 */
export function nextScaling(scaling: tf.Tensor, good: tf.Tensor, rule: ScalingRule = scalingRule): tf.Tensor {
  const [scale, since, skipped] = tf.split(scaling, scalingLength) as [tf.Tensor, tf.Tensor, tf.Tensor];
  const isGoodStep = tf.reshape(good, [1]);
  const counted = tf.add(since, 1);
  const grows = tf.greaterEqual(counted, rule.growthInterval);
  const larger = tf.where(grows, tf.minimum(tf.mul(scale, 2), rule.most), scale);
  const none = tf.zerosLike(since);
  return tf.concat([
    tf.where(isGoodStep, larger, tf.maximum(tf.mul(scale, 0.5), rule.least)),
    tf.where(isGoodStep, tf.where(grows, none, counted), none),
    tf.where(isGoodStep, skipped, tf.add(skipped, 1)),
  ]);
}

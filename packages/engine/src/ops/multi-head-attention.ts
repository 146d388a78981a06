// Self-attention with its projections as one op. On the onnx backend the heads are made by batched products that write
// them where attention reads them (a batch of row groups times a batch of heads), so queries, keys and values are never
// transposed, and the gradients of the three projections are one product each for input and weight.
import * as tf from "@tensorflow/tfjs";
import { isNative, runFusedOne } from "./_native.ts";
import { attention, softmax } from "./activation.ts";
import { linear } from "./linear.ts";

/** Weights of {@link multiHeadAttention}. */
export interface AttentionWeights {
  /** `[3 d, d]`: rows of queries, keys, values, each head by head. */
  readonly qkv: tf.Tensor;
  /** `[d]`. Keys need none (softmax ignores it), that of the values belongs to the output's. */
  readonly queryBias: tf.Tensor;
  /** `[d, d]` */
  readonly out: tf.Tensor;
}

/**
 * `concat_h softmax(q_h k_hᵀ) v_h Woᵀ` with `q = x Wqᵀ + bq`, `k = x Wkᵀ`, `v = x Wvᵀ`. The usual factor `1/sqrt(d/heads)`
 * is the caller's to put into the query's weight and bias: a pass over weights instead of one over activations.
 *
 * @param x `[b, n, d]`
 * @returns `[b, n, d]`
 */
export function multiHeadAttention(x: tf.Tensor, weights: AttentionWeights, heads: number): tf.Tensor {
  return isNative() ? fusedAttention(x, weights, heads) : plainAttention(x, weights, heads);
}

function plainAttention(x: tf.Tensor, { qkv, queryBias, out }: AttentionWeights, heads: number): tf.Tensor {
  const [b = 0, n = 0, d = 0] = x.shape;
  const [wq, wk, wv] = tf.split(qkv, 3, 0) as [tf.Tensor, tf.Tensor, tf.Tensor];
  const split = (y: tf.Tensor): tf.Tensor => tf.transpose(tf.reshape(y, [b, n, heads, d / heads]), [0, 2, 1, 3]);
  const q = split(linear(x, wq, queryBias));
  const mixed = attention(q, split(linear(x, wk)), split(linear(x, wv)), { scale: 1 });
  return linear(tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [b, n, d]), out);
}

/** Rows of a group at most: what its products read and write stays in a core's cache. */
const GROUP_ROWS = 1100;

/** How the batch is cut: `groups` of `images` with `n` tokens, `heads` of `width`. */
interface Layout {
  readonly groups: number;
  readonly images: number;
  readonly n: number;
  readonly heads: number;
  readonly width: number;
}

function layoutOf([b = 0, n = 0, d = 0]: readonly number[], heads: number): Layout {
  let groups = 1;
  // an even number of groups, for two or more threads
  for (let count = 2; count <= b; count += 2) {
    if (b % count !== 0) continue;
    groups = count;
    if ((b / count) * n <= GROUP_ROWS) break;
  }
  return { groups, images: b / groups, n, heads, width: d / heads };
}

/** `[groups, 1, rows, d]` times each head's part of a weight `[d, d]` (one row an output): `[batch, n, width]`. */
function toHeads(x: tf.Tensor, weight: tf.Tensor, l: Layout, bias?: tf.Tensor): tf.Tensor {
  const d = l.heads * l.width;
  const rows = tf.reshape(x, [l.groups, 1, l.images * l.n, d]);
  const y = tf.matMul(rows, tf.reshape(weight, [1, l.heads, l.width, d]), false, true);
  const shifted = bias === undefined ? y : tf.add(y, tf.reshape(bias, [1, l.heads, 1, l.width]));
  return tf.reshape(shifted, [l.groups * l.heads * l.images, l.n, l.width]);
}

/** Heads, several tensors of them, side by side: `[rows, count d]`. */
function fromHeads(parts: readonly tf.Tensor[], { groups, images, n, heads, width }: Layout): tf.Tensor {
  const split = parts.map((part) => tf.reshape(part, [groups, heads, images * n * width]));
  const all = split.length === 1 ? (split[0] as tf.Tensor) : tf.concat(split, 1);
  const ordered = tf.transpose(tf.reshape(all, [groups, parts.length * heads, images * n, width]), [0, 2, 1, 3]);
  return tf.reshape(ordered, [groups * images * n, parts.length * heads * width]);
}

type Saved = [x: tf.Tensor, q: tf.Tensor, k: tf.Tensor, v: tf.Tensor, p: tf.Tensor, mixed: tf.Tensor];

function fusedAttention(x: tf.Tensor, weights: AttentionWeights, heads: number): tf.Tensor {
  const layout = layoutOf(x.shape, heads);
  const op = tf.customGrad((...args) => {
    const [input, qkv, queryBias, out, save] = args as unknown as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      tf.GradSaveFunc,
    ];
    const [wq, wk, wv] = tf.split(qkv, 3, 0) as [tf.Tensor, tf.Tensor, tf.Tensor];
    const [q, k, v] = [
      toHeads(input, wq, layout, queryBias),
      toHeads(input, wk, layout),
      toHeads(input, wv, layout),
    ] as const;
    const p = softmax(tf.matMul(q, k, false, true));
    const mixed = fromHeads([tf.matMul(p, v)], layout);
    save([input, q, k, v, p, mixed, qkv, out]);
    return {
      value: tf.reshape(linear(mixed, out), input.shape),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const weightOf = (i: number): tf.Tensor => saved[6 + i] as tf.Tensor;
        return attentionGradient(dy, saved.slice(0, 6) as Saved, [weightOf(0), weightOf(1)], layout);
      },
    };
  });
  return op(x, weights.qkv, weights.queryBias, weights.out);
}

function attentionGradient(
  dy: tf.Tensor,
  [x, q, k, v, p, mixed]: Saved,
  [qkv, out]: readonly [tf.Tensor, tf.Tensor],
  layout: Layout,
): tf.Tensor[] {
  const d = layout.heads * layout.width;
  const rows = tf.reshape(dy, [-1, d]);
  const dMixed = toHeads(dy, tf.transpose(out), layout);
  const dP = tf.matMul(dMixed, v, false, true);
  const dScores = runFusedOne("LejepaSoftmaxGrad", { dy: dP, y: p });
  const parts = [tf.matMul(dScores, k), tf.matMul(dScores, q, true), tf.matMul(p, dMixed, true)];
  const dProjected = fromHeads(parts, layout); // [rows, 3 d]
  return [
    tf.reshape(tf.matMul(dProjected, qkv), x.shape),
    tf.matMul(dProjected, tf.reshape(x, [-1, d]), true),
    tf.slice(tf.sum(dProjected, 0), [0], [d]),
    tf.matMul(rows, mixed, true),
  ];
}

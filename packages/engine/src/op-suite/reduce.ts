// Cases of reductions, cumulative ops, softmax and sorting.
import * as tf from "@tensorflow/tfjs";
import { bools, floats, ints, type OpCase, type OpEntry, type OpTable, opCase, values } from "./case.ts";

type Reduction = (x: tf.Tensor, axis?: number | number[], keepDims?: boolean) => tf.Tensor;

/** Ties, one NaN each row. */
const withNaN = values([1, Number.NaN, 2, 3, 3, Number.NaN], [2, 3]);

const shapes = (op: Reduction): OpCase[] => [
  opCase("all axes", [floats([3, 1, 5])], (x) => op(x as tf.Tensor)),
  opCase("last axis kept", [floats([2, 3, 4])], (x) => op(x as tf.Tensor, -1, true)),
  opCase("two axes", [floats([2, 3, 4])], (x) => op(x as tf.Tensor, [0, 2])),
  opCase("axis of 1", [floats([2, 1, 4])], (x) => op(x as tf.Tensor, 1)),
  opCase("scalar", [floats([])], (x) => op(x as tf.Tensor)),
];

function reduction(op: Reduction, options: { integers?: boolean; empty?: boolean; nan?: boolean } = {}): OpEntry {
  const cases = shapes(op);
  if (options.integers ?? true) cases.push(opCase("int32", [ints([2, 3])], (x) => op(x as tf.Tensor, 1)));
  if (options.empty ?? true) cases.push(opCase("empty axis", [floats([2, 0])], (x) => op(x as tf.Tensor, 1)));
  if (options.nan ?? true) cases.push(opCase("NaN", [withNaN], (x) => op(x as tf.Tensor, 1), { special: true }));
  return { cases };
}

const truth = (op: Reduction): OpEntry => ({
  cases: [
    opCase("all axes", [bools([2, 3])], (x) => op(x as tf.Tensor)),
    opCase("one axis", [bools([2, 3, 2])], (x) => op(x as tf.Tensor, 1)),
    opCase("kept", [bools([3, 1])], (x) => op(x as tf.Tensor, -1, true)),
  ],
});

const found = (op: (x: tf.Tensor, axis?: number) => tf.Tensor): OpEntry => ({
  cases: [
    opCase("first axis", [floats([4, 3])], (x) => op(x as tf.Tensor, 0)),
    opCase("last axis", [floats([2, 1, 5])], (x) => op(x as tf.Tensor, -1)),
    opCase("ties go to the first", [values([2, 2, 1, 1])], (x) => op(x as tf.Tensor)),
    opCase("int32", [ints([3, 4])], (x) => op(x as tf.Tensor, 1)),
    opCase("NaN is never found", [withNaN], (x) => op(x as tf.Tensor, 1), { special: true }),
  ],
});

type Cumulative = (x: tf.Tensor, axis?: number, exclusive?: boolean, reverse?: boolean) => tf.Tensor;

const cumulative = (op: Cumulative): OpEntry => ({
  cases: [false, true].flatMap((exclusive) =>
    [false, true].map((reverse) =>
      opCase(`exclusive ${exclusive}, reverse ${reverse}`, [floats([2, 7, 3], 0.5, 1.5)], (x) =>
        op(x as tf.Tensor, 1, exclusive, reverse),
      ),
    ),
  ),
});

const overLast = (op: (x: tf.Tensor) => tf.Tensor): OpEntry => ({
  cases: [
    opCase("odd shape", [floats([3, 1, 5])], (x) => op(x as tf.Tensor)),
    opCase("large values", [values([1000, 999, -1000, 0], [2, 2])], (x) => op(x as tf.Tensor)),
    opCase("axis of 1", [floats([4, 1])], (x) => op(x as tf.Tensor)),
    opCase("empty", [floats([0, 3])], (x) => op(x as tf.Tensor)),
  ],
});

const largest = (x: tf.Tensor, k: number): tf.Tensor[] => {
  const { values: top, indices } = tf.topk(x, k);
  return [top, indices];
};

/** Cases of all reductions. */
export const reductionCases: OpTable = {
  Sum: reduction(tf.sum),
  Mean: reduction(tf.mean, { empty: false }),
  Max: reduction(tf.max, { empty: false }),
  Min: reduction(tf.min, { empty: false }),
  Prod: reduction(tf.prod),
  Any: truth(tf.any),
  All: truth(tf.all),
  ArgMax: found(tf.argMax),
  ArgMin: found(tf.argMin),
  Cumsum: cumulative(tf.cumsum),
  Cumprod: cumulative(tf.cumprod),
  Softmax: overLast((x) => tf.softmax(x)),
  // tfjs composes its own; layers call the kernel
  LogSoftmax: overLast((x) =>
    tf.getBackend() === "onnx"
      ? tf.engine().runKernel<tf.Tensor>("LogSoftmax", { logits: x }, { axis: -1 })
      : tf.logSoftmax(x),
  ),
  TopK: {
    cases: [
      opCase("some", [floats([3, 7])], (x) => largest(x as tf.Tensor, 3)),
      opCase("all, ties", [values([1, 3, 3, 2, 1])], (x) => largest(x as tf.Tensor, 5)),
      opCase("int32", [ints([2, 5], 0, 30)], (x) => largest(x as tf.Tensor, 2)),
    ],
  },
};

// Cases of products, tfjs's convolutions (channels last) and this package's own ops with their gradient kernels.
import * as tf from "@tensorflow/tfjs";
import { floats, type Operand, type OpCase, type OpEntry, type OpTable, opCase, values } from "./case.ts";
import {
  allReduceMean,
  averagePool2d,
  batchNorm,
  type ConvOptions,
  conv2d,
  gelu,
  gridSample,
  layerNorm,
  maxPool2d,
  softmax,
} from "../index.ts";

type T4 = tf.Tensor4D;
type Fn = (...tensors: tf.Tensor[]) => tf.Tensor;

const entry = (...cases: OpCase[]): OpEntry => ({ cases });

/** Gradients of `fn` to all operands for an uneven upstream gradient. */
const gradients =
  (fn: Fn): OpCase["run"] =>
  (...tensors) =>
    tf.grads((...args: tf.Tensor[]) => {
      const y = fn(...args);
      return tf.mul(y, tf.reshape(tf.cos(tf.range(0, y.size)), y.shape));
    })(tensors);

function product(a: Operand, b: Operand, transA: boolean, transB: boolean): OpCase {
  const terms = a.shape.at(transA ? -2 : -1) ?? 0;
  return opCase(
    `[${a.shape}] x [${b.shape}], ${transA}, ${transB}`,
    [a, b],
    (x, y) => tf.matMul(x as tf.Tensor, y as tf.Tensor, transA, transB),
    // sums that cancel: their rounding, in any order, is that of the terms
    terms > 1000 ? { tolerance: 1e-4 } : {},
  );
}

const products: OpTable = {
  BatchMatMul: entry(
    product(floats([3, 5]), floats([5, 2]), false, false),
    product(floats([5, 3]), floats([2, 5]), true, true),
    product(floats([2, 3, 5]), floats([2, 2, 5]), false, true),
    product(floats([2, 5, 3]), floats([1, 5, 2]), true, false),
    product(floats([4, 1, 3, 5]), floats([4, 1, 5, 1]), false, false),
    product(floats([3, 0]), floats([0, 2]), false, false),
    product(floats([2300, 3]), floats([3, 4]), false, false),
    product(floats([1200, 3]), floats([1200, 4]), true, false),
    product(floats([1200, 131]), floats([1200, 130]), true, false),
  ),
  _FusedMatMul: entry(
    ...(["linear", "relu", "sigmoid", "elu"] as const).map((activation) =>
      opCase(activation, [floats([3, 5]), floats([5, 2]), floats([2])], (a, b, bias) =>
        tf.fused.matMul({ a: a as tf.Tensor2D, b: b as tf.Tensor2D, bias: bias as tf.Tensor, activation }),
      ),
    ),
  ),
};

const image = (): Operand => floats([2, 7, 6, 4]);
const filter = (): Operand => floats([3, 3, 4, 5]);
const depthFilter = (): Operand => floats([3, 2, 4, 2]);

const geometries = [
  [1, "same"],
  [2, "same"],
  [2, "valid"],
] as const;

const layers = (
  make: (stride: number, pad: "same" | "valid") => Fn,
  weights: () => Operand,
  wrap = (fn: Fn): OpCase["run"] => fn,
): OpEntry =>
  entry(
    ...geometries.map(([stride, pad]) =>
      opCase(`stride ${stride}, ${pad}`, [image(), weights()], wrap(make(stride, pad)), { tolerance: 1e-4 }),
    ),
  );

const plain =
  (stride: number, pad: "same" | "valid"): Fn =>
  (x, w) =>
    tf.conv2d(x as T4, w as T4, stride, pad);
const depthwise =
  (stride: number, pad: "same" | "valid"): Fn =>
  (x, w) =>
    tf.depthwiseConv2d(x as T4, w as T4, stride, pad);

/** Windows of 3 and of 2, overlapping or not, reaching beyond the image on one side or on both, or not over all of it. */
const windows = [
  [3, 1, "same"],
  [3, 2, "same"],
  [2, 2, "valid"],
  [3, 3, 1],
] as const satisfies readonly (readonly [number, number, "same" | "valid" | number])[];

type Window = readonly [size: number, stride: number, pad: "same" | "valid" | number];

const pools = (
  pool: typeof tf.maxPool,
  wrap = (fn: Fn): OpCase["run"] => fn,
  chosen: readonly Window[] = windows,
): OpEntry => ({
  cases: chosen.map(([size, stride, pad]) =>
    opCase(
      `${size}, stride ${stride}, pad ${pad}`,
      [floats([2, 7, 6, 3])],
      wrap((x) => pool(x as T4, size, stride, pad, pad === 1 ? "floor" : undefined)),
      { beyondTensorflow: pad === 1 },
    ),
  ),
  note: "tensorflow: padding by name only",
});

const networks: OpTable = {
  MaxPool: pools(tf.maxPool),
  MaxPoolGrad: pools(tf.maxPool, gradients),
  AvgPool: pools(tf.avgPool),
  // tfjs divides by the whole window at the edges too, which is not its forward's gradient: gradients.test.ts has those
  AvgPoolGrad: {
    ...pools(tf.avgPool, gradients, [
      [2, 2, "valid"],
      [3, 1, "valid"],
    ]),
    note: "with padding it is the forward's gradient, which tfjs's own is not",
  },
  Conv2D: layers(plain, filter),
  Conv2DBackpropInput: layers(plain, filter, gradients),
  Conv2DBackpropFilter: layers(plain, filter, gradients),
  DepthwiseConv2dNative: layers(depthwise, depthFilter),
  DepthwiseConv2dNativeBackpropInput: layers(depthwise, depthFilter, gradients),
  DepthwiseConv2dNativeBackpropFilter: layers(depthwise, depthFilter, gradients),
  FusedConv2D: entry(
    opCase("bias and relu", [image(), filter(), floats([5])], (x, w, bias) =>
      tf.fused.conv2d({
        x: x as T4,
        filter: w as T4,
        strides: 1,
        pad: "same",
        bias: bias as tf.Tensor,
        activation: "relu",
      }),
    ),
  ),
  FusedDepthwiseConv2D: entry(
    opCase("bias and relu6", [image(), depthFilter(), floats([8])], (x, w, bias) =>
      tf.fused.depthwiseConv2d({
        x: x as T4,
        filter: w as T4,
        strides: 1,
        pad: "valid",
        bias: bias as tf.Tensor,
        activation: "relu6",
      }),
    ),
  ),
  FusedBatchNorm: entry(
    opCase(
      "affine",
      [image(), floats([4]), floats([4], 0.5, 2), floats([4]), floats([4])],
      (x, mean, variance, offset, scale) =>
        tf.batchNorm(
          x as tf.Tensor,
          mean as tf.Tensor1D,
          variance as tf.Tensor1D,
          offset as tf.Tensor1D,
          scale as tf.Tensor1D,
        ),
    ),
    opCase("statistics only", [image(), floats([4]), floats([4], 0.5, 2)], (x, mean, variance) =>
      tf.batchNorm(x as tf.Tensor, mean as tf.Tensor1D, variance as tf.Tensor1D),
    ),
  ),
};

/** Input [n, c, h, w], weights [o, c / groups, k, k]. */
const convolutions: readonly (readonly [number[], number[], ConvOptions])[] = [
  [[2, 3, 7, 6], [5, 3, 3, 3], { padding: 1 }],
  [[6, 3, 9, 9], [4, 3, 3, 3], { stride: 2, padding: 1 }],
  [[6, 4, 8, 8], [8, 4, 3, 3], { padding: 1 }],
  [[1, 4, 8, 8], [6, 2, 3, 3], { groups: 2, dilation: 2, padding: 2 }],
  [[2, 6, 5, 5], [6, 1, 3, 3], { groups: 6, stride: 2 }],
  [[3, 4, 8, 8], [7, 4, 1, 1], { stride: 2 }],
];

const ownConv = (wrap = (fn: Fn): OpCase["run"] => fn): OpEntry =>
  entry(
    ...convolutions.map(([x, w, options]) =>
      opCase(
        `[${x}] * [${w}] ${JSON.stringify(options)}`,
        [floats(x), floats(w)],
        wrap((a, b) => conv2d(a, b, options)),
        { tolerance: 1e-4 },
      ),
    ),
  );

const pool = (wrap = (fn: Fn): OpCase["run"] => fn): OpEntry =>
  entry(
    opCase(
      "2",
      [floats([2, 3, 6, 8])],
      wrap((x) => maxPool2d(x, { kernel: 2 })),
    ),
    opCase(
      "3, stride 2, padding 1",
      [floats([1, 2, 7, 8])],
      wrap((x) => maxPool2d(x, { kernel: 3, stride: 2, padding: 1 })),
    ),
    opCase(
      "floor",
      [floats([1, 1, 5, 5])],
      wrap((x) => maxPool2d(x, { kernel: 2 })),
    ),
  );

const sampling = (["zeros", "border", "reflection"] as const).flatMap((paddingMode) =>
  [false, true].map((alignCorners) =>
    opCase(`${paddingMode}, ${alignCorners}`, [floats([2, 3, 5, 4]), floats([2, 3, 4, 2], -1.4, 1.4)], (x, grid) =>
      gridSample(x as tf.Tensor, grid as tf.Tensor, { paddingMode, alignCorners }),
    ),
  ),
);

const shapes = (fn: Fn, wrap = (f: Fn): OpCase["run"] => f): OpEntry =>
  entry(
    opCase("rank 3", [floats([2, 3, 7])], wrap(fn), { tolerance: 1e-4 }),
    opCase("rank 2", [floats([5, 4])], wrap(fn), { tolerance: 1e-4 }),
    opCase("large values", [values([30, -30, 12, -12, 5, 1], [2, 3])], wrap(fn), { tolerance: 1e-4 }),
  );

const normOperands = (shape: readonly number[], c: number): Operand[] => [floats(shape), floats([c]), floats([c])];
const norm: Fn = (x, weight, bias) => batchNorm(x as tf.Tensor, weight as tf.Tensor, bias as tf.Tensor).y;
const batchNorms = entry(
  opCase("rank 2", normOperands([6, 3], 3), gradients(norm), { tolerance: 1e-4 }),
  opCase("rank 4", normOperands([2, 3, 4, 5], 3), gradients(norm), { tolerance: 1e-4 }),
  opCase(
    "statistics",
    normOperands([4, 3], 3),
    (x, w, b) => Object.values(batchNorm(x as tf.Tensor, w as tf.Tensor, b as tf.Tensor)),
    {
      tolerance: 1e-4,
    },
  ),
);

const own: OpTable = {
  LejepaConv: {
    cases: [
      ...ownConv().cases,
      opCase("average pool", [floats([2, 3, 6, 6])], (x) =>
        averagePool2d(x as tf.Tensor, { kernel: 3, stride: 2, padding: 1 }),
      ),
    ],
  },
  LejepaConvInputGrad: ownConv(gradients),
  LejepaConvWeightGrad: ownConv(gradients),
  LejepaMaxPool: pool(),
  LejepaMaxPoolGrad: pool(gradients),
  LejepaGridSample: entry(...sampling),
  LejepaChannelSum: batchNorms,
  LejepaChannelDot: batchNorms,
  LejepaChannelAffine: batchNorms,
  LejepaLayerNorm: shapes((x) => layerNorm(x as tf.Tensor)),
  LejepaLayerNormGrad: shapes((x) => layerNorm(x as tf.Tensor), gradients),
  LejepaGelu: shapes((x) => gelu(x as tf.Tensor)),
  LejepaGeluGrad: shapes((x) => gelu(x as tf.Tensor), gradients),
  LejepaSoftmaxGrad: shapes((x) => softmax(x as tf.Tensor), gradients),
  LejepaAllReduceMean: entry(
    opCase("identity on one process", [floats([2, 3])], (x) => tf.mul(allReduceMean(x as tf.Tensor), 2)),
  ),
};

/** Cases of products, layers and own ops. */
export const networkCases: OpTable = { ...products, ...networks, ...own };

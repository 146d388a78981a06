// Composite nodes in plain ONNX operators: the definition every device can run. Device files replace single entries.
import {
  apply,
  apply1,
  binary,
  float,
  int,
  ints,
  reduce,
  reshape,
  scalar,
  slice,
  transpose,
  unary,
  uniform,
} from "../graph/build.ts";
import type { Attribute, Node, Value } from "../graph/value.ts";
import { isHalf, sizeOf } from "../graph/value.ts";

/** Turns one composite node into others; its inputs are already lowered. */
export type Lowering = (node: Node, inputs: readonly Value[]) => Value | readonly Value[];

/** Lowerings by composite op. */
export type LoweringTable = Readonly<Record<string, Lowering>>;

/** Integer attribute. */
export const intOf = (node: Node, name: string): number => (node.attributes[name] as { int: number }).int;

/** Float attribute. */
const floatOf = (node: Node, name: string): number => (node.attributes[name] as { float: number }).float;

/** The first output of a node, whose shape and type its replacement must have. */
export const outputOf = (node: Node): Value => node.outputs[0] as Value;

const swapLast = (x: Value): Value => {
  const rank = x.shape.length;
  return transpose(
    x,
    x.shape.map((_, i) => (i < rank - 2 ? i : 2 * rank - 3 - i)),
  );
};

/** Product of two matrices by ORT's Gemm. */
export function gemm(a: Value, b: Value, transA: boolean, transB: boolean, alpha: number): Value {
  const shape = [a.shape[transA ? 1 : 0] as number, b.shape[transB ? 0 : 1] as number];
  const attributes: Record<string, Attribute> = { transA: int(Number(transA)), transB: int(Number(transB)) };
  if (alpha !== 1) attributes.alpha = float(alpha);
  return apply1("Gemm", [a, b], { shape, dtype: a.dtype }, attributes);
}

/** How a product of two matrices is emitted. */
export type SingleProduct = typeof gemm;

/** How a batched product (after what is really a single matrix product) is emitted. */
export type BatchedProduct = (a: Value, b: Value, transA: boolean, transB: boolean, alpha: number, out: Value) => Value;

/** ONNX's own MatMul with explicit transposes. */
export const plainBatched: BatchedProduct = (a, b, transA, transB, alpha, out) => {
  const left = transA ? swapLast(a) : a;
  const right = transB ? swapLast(b) : b;
  const y = apply1("MatMul", [left, right], out);
  return alpha === 1 ? y : binary("Mul", y, scalar(alpha, out.dtype));
};

/** ORT's MatMul with transposes and a factor built in (CPU: float32; CUDA: 16 bits, too). */
export const fusedBatched: BatchedProduct = (a, b, transA, transB, alpha, out) =>
  apply1(
    "FusedMatMul",
    [a, b],
    out,
    { transA: int(Number(transA)), transB: int(Number(transB)), alpha: float(alpha) },
    "com.microsoft",
  );

/** Lowering of MatMul: one Gemm where the batch axes allow it. */
export const matMulLowering =
  (batched: BatchedProduct, single: SingleProduct = gemm): Lowering =>
  (node, [a, b]) => {
    const [left, right] = [a as Value, b as Value];
    const [transA, transB] = [intOf(node, "transA") === 1, intOf(node, "transB") === 1];
    const alpha = floatOf(node, "alpha");
    const out = outputOf(node);
    if (out.dtype !== "float32" && !isHalf(out.dtype)) return plainBatched(left, right, transA, transB, alpha, out);
    const rightBatch = sizeOf(right.shape.slice(0, -2));
    const leftBatch = sizeOf(left.shape.slice(0, -2));
    if (rightBatch !== 1 || (transA && leftBatch !== 1)) return batched(left, right, transA, transB, alpha, out);
    const flatA = transA
      ? reshape(left, left.shape.slice(-2))
      : reshape(left, [leftBatch * (left.shape.at(-2) as number), left.shape.at(-1) as number]);
    const flatB = reshape(right, right.shape.slice(-2));
    return reshape(single(flatA, flatB, transA, transB, alpha), out.shape);
  };

const layerNorm: Lowering = (node, [x]) => {
  const [y, inverseStd] = node.outputs as [Value, Value];
  const ones = uniform(1, [y.shape.at(-1) as number]);
  const outputs = [y, { shape: inverseStd.shape, dtype: "float32" as const }, inverseStd];
  const made = apply("LayerNormalization", [x as Value, ones], outputs, {
    axis: int(-1),
    epsilon: float(floatOf(node, "epsilon")),
  });
  return [made[0] as Value, made[2] as Value];
};

/** dx = (dy - mean(dy) - y mean(dy y)) / std. */
const layerNormGrad: Lowering = (_, [dy, y, inverseStd]) => {
  const [g, normal] = [dy as Value, y as Value];
  const last = g.shape.length - 1;
  const along = reduce("ReduceMean", binary("Mul", g, normal), [last], true);
  const centred = binary("Sub", g, reduce("ReduceMean", g, [last], true));
  return binary("Mul", binary("Sub", centred, binary("Mul", normal, along)), inverseStd as Value);
};

const geluForward: Lowering = (node, [x]) => apply1("Gelu", [x as Value], outputOf(node), {}, "com.microsoft");

/** dx = dy (Φ(x) + x φ(x)), with the Gaussian's constant inside the exponent. */
const geluGrad: Lowering = (_, [dy, x]) => {
  const input = x as Value;
  const scaled = binary("Mul", input, scalar(Math.SQRT1_2));
  // half the error function plus a half lies in [0, 1], so this clipped line is the plain one, in one pass
  const distribution = apply1("HardSigmoid", [unary("Erf", scaled)], input, { alpha: float(0.5), beta: float(0.5) });
  // x²/2 is the square of what the error function takes
  const exponent = binary("Sub", scalar(-0.5 * Math.log(2 * Math.PI)), binary("Mul", scaled, scaled));
  const slope = binary("Add", distribution, binary("Mul", input, unary("Exp", exponent)));
  return binary("Mul", dy as Value, slope);
};

/** dx = y (dy - sum(dy y)). */
const softmaxGrad: Lowering = (_, [dy, y]) => {
  const [g, probability] = [dy as Value, y as Value];
  const weighted = reduce("ReduceSum", binary("Mul", g, probability), [g.shape.length - 1], true);
  return binary("Mul", binary("Sub", g, weighted), probability);
};

/** ONNX's attributes of a convolution, from ours. */
function convAttributes(node: Node, kernel: readonly number[]): Record<string, Attribute> {
  const padding = intOf(node, "padding");
  return {
    kernel_shape: ints(kernel),
    strides: ints([intOf(node, "stride"), intOf(node, "stride")]),
    pads: ints([padding, padding, padding, padding]),
    dilations: ints([intOf(node, "dilation"), intOf(node, "dilation")]),
    group: int(intOf(node, "groups")),
  };
}

const conv: Lowering = (node, [x, w]) =>
  apply1("Conv", [x as Value, w as Value], outputOf(node), convAttributes(node, (w as Value).shape.slice(2)));

/** The transposed convolution; what a stride leaves undecided becomes output padding. */
const convInputGrad: Lowering = (node, [dy, w]) => {
  const kernel = (w as Value).shape.slice(2);
  const [stride, dilation, padding] = [intOf(node, "stride"), intOf(node, "dilation"), intOf(node, "padding")];
  const out = outputOf(node);
  const extra = [0, 1].map((i) => {
    const reached = stride * (((dy as Value).shape[i + 2] as number) - 1) + ((kernel[i] as number) - 1) * dilation + 1;
    return (out.shape[i + 2] as number) - reached + 2 * padding;
  });
  return apply1("ConvTranspose", [dy as Value, w as Value], out, {
    ...convAttributes(node, kernel),
    output_padding: ints(extra),
  });
};

/** The same convolution with roles changed: batch as channels, dy as kernel, stride as dilation. */
const convWeightGrad: Lowering = (node, [dy, x]) => {
  const [image, gradient] = [x as Value, dy as Value];
  const groups = intOf(node, "groups");
  const [n = 0, c = 0, h = 0, width = 0] = image.shape;
  const [, o = 0, oh = 0, ow = 0] = gradient.shape;
  const out = outputOf(node);
  const perGroup = c / groups;
  const swapped = transpose(reshape(image, [n, groups, perGroup, h, width]), [2, 1, 0, 3, 4]);
  const images = reshape(swapped, [perGroup, groups * n, h, width]);
  const kernels = transpose(gradient, [1, 0, 2, 3]);
  const [stride, dilation, padding] = [intOf(node, "stride"), intOf(node, "dilation"), intOf(node, "padding")];
  const reach = (extent: number, k: number): number =>
    Math.floor((extent + 2 * padding - stride * (k - 1) - 1) / dilation) + 1;
  const shape = [perGroup, o, reach(h, oh), reach(width, ow)];
  const raw = apply1(
    "Conv",
    [images, kernels],
    { shape, dtype: out.dtype },
    {
      kernel_shape: ints([oh, ow]),
      strides: ints([dilation, dilation]),
      pads: ints([padding, padding, padding, padding]),
      dilations: ints([stride, stride]),
      group: int(groups),
    },
  );
  const cropped = slice(raw, [0, 0, 0, 0], [perGroup, o, out.shape[2] as number, out.shape[3] as number]);
  return transpose(cropped, [1, 0, 2, 3]);
};

/** Max pooling that also says where each maximum was. */
function pooled(node: Node, x: Value, shape: readonly number[]): [Value, Value] {
  const [kernel, stride, padding] = [intOf(node, "kernel"), intOf(node, "stride"), intOf(node, "padding")];
  const attributes = {
    kernel_shape: ints([kernel, kernel]),
    strides: ints([stride, stride]),
    pads: ints([padding, padding, padding, padding]),
  };
  const outputs = [
    { shape, dtype: "float32" as const },
    { shape, dtype: "int64" as const },
  ];
  return apply("MaxPool", [x], outputs, attributes) as [Value, Value];
}

const maxPool: Lowering = (node, [x]) => pooled(node, x as Value, outputOf(node).shape)[0];

const maxPoolGrad: Lowering = (node, [dy, x]) => {
  const gradient = dy as Value;
  const [, indices] = pooled(node, x as Value, gradient.shape);
  const size = sizeOf((x as Value).shape);
  const zeros = uniform(0, [size]);
  const flat = [sizeOf(gradient.shape)];
  const scattered = apply1(
    "ScatterElements",
    [zeros, reshape(indices, flat), reshape(gradient, flat)],
    { shape: [size], dtype: "float32" },
    { axis: int(0), reduction: { text: "add" } },
  );
  return reshape(scattered, outputOf(node).shape);
};

/** Lowerings that hold on every device. */
export const composites: LoweringTable = {
  MatMul: matMulLowering(plainBatched),
  LayerNorm: layerNorm,
  LayerNormGrad: layerNormGrad,
  Gelu: geluForward,
  GeluGrad: geluGrad,
  SoftmaxGrad: softmaxGrad,
  Conv: conv,
  ConvInputGrad: convInputGrad,
  ConvWeightGrad: convWeightGrad,
  MaxPool: maxPool,
  MaxPoolGrad: maxPoolGrad,
};

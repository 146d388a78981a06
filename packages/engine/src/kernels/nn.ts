// Products, convolutions, pooling and resizing as tfjs has them (NHWC), on the composite nodes of this engine (NCHW).
import * as tf from "@tensorflow/tfjs";
import {
  binary,
  composite,
  matMul,
  pad,
  reshape,
  scalar,
  slice,
  toChannelsFirst,
  toChannelsLast,
  transpose,
  unary,
  uniform,
} from "../graph/build.ts";
import { unsupportedOp, wrongShapes } from "../errors.ts";
import type { Value } from "../graph/value.ts";
import { sameShape, sizeOf } from "../graph/value.ts";
import { elementwise } from "./elementwise.ts";
import { geometryAttributes } from "./fused.ts";
import { input, type KernelInputs, type KernelTable, kernel } from "./registry.ts";

function product(a: Value, b: Value, transA: boolean, transB: boolean): Value {
  const made = matMul(a, b, { transA, transB });
  const inner = a.shape.at(transA ? -2 : -1);
  return inner === 0 ? uniform(0, made.shape) : made;
}

const batchMatMul = kernel<tf.BatchMatMulAttrs>((inputs, { transposeA, transposeB }) =>
  product(input(inputs, "a"), input(inputs, "b"), transposeA, transposeB),
);

type FusedAttributes = tf._FusedMatMulAttrs & { leakyreluAlpha?: number };

function activated(y: Value, inputs: KernelInputs, activation: string, alpha: number | undefined): Value {
  if (activation === "linear") return y;
  const names: Readonly<Record<string, string>> = {
    relu: "Relu",
    relu6: "Relu6",
    elu: "Elu",
    sigmoid: "Sigmoid",
    leakyrelu: "LeakyRelu",
    prelu: "Prelu",
  };
  const made = elementwise[names[activation] ?? ""];
  if (made === undefined) throw new Error(`activation ${activation} is not known`);
  const extra = inputs.preluActivationWeights;
  return made(extra === undefined ? { x: y } : { x: y, alpha: extra }, { alpha }) as Value;
}

const fusedMatMul = kernel<FusedAttributes>((inputs, { transposeA, transposeB, activation, leakyreluAlpha }) => {
  const y = product(input(inputs, "a"), input(inputs, "b"), transposeA, transposeB);
  const bias = inputs.bias;
  return activated(bias === undefined ? y : binary("Add", y, bias), inputs, activation, leakyreluAlpha);
});

/** HWIO to OIHW. */
const toOihw = (w: Value): Value => transpose(w, [3, 2, 0, 1]);

interface ConvAttributes {
  readonly strides: [number, number] | number;
  readonly pad: "valid" | "same" | number | tf.backend_util.ExplicitPadding;
  readonly dataFormat?: "NHWC" | "NCHW";
  readonly dilations?: [number, number] | number;
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
}

/** tfjs's convolution geometry from its attributes, which may differ between the two axes. */
function convInfo(
  xShape: number[],
  filterShape: number[],
  a: ConvAttributes,
  depthwise: boolean,
): tf.backend_util.Conv2DInfo {
  const format = tf.backend_util.convertConv2DDataFormat(a.dataFormat ?? "NHWC");
  return tf.backend_util.computeConv2DInfo(
    xShape as [number, number, number, number],
    filterShape as [number, number, number, number],
    a.strides,
    a.dilations ?? 1,
    a.pad,
    a.dimRoundingMode,
    depthwise,
    format,
  );
}

/** A convolution with unequal strides or one-sided padding: pad first, then subsample what a stride of 1 gives. */
interface Square {
  readonly before: [top: number, left: number];
  readonly extent: [height: number, width: number];
  readonly attributes: ReturnType<typeof geometryAttributes>;
}

function squared(info: tf.backend_util.Conv2DInfo, groups: number): Square {
  const { padInfo, inHeight, inWidth, strideHeight, strideWidth, dilationHeight, dilationWidth } = info;
  // a filter one high has no vertical dilation, an output one high no vertical stride: conv1d is such a case
  const dilation = info.filterHeight === 1 ? dilationWidth : dilationHeight;
  const stride = info.outHeight === 1 && strideHeight === 1 ? strideWidth : strideHeight;
  if (stride !== strideWidth || dilation !== dilationWidth) {
    throw unsupportedOp("Conv2D with strides or dilations that differ between height and width", undefined);
  }
  const geometry = { stride, padding: 0, dilation, groups };
  return {
    before: [padInfo.top, padInfo.left],
    extent: [inHeight + padInfo.top + padInfo.bottom, inWidth + padInfo.left + padInfo.right],
    attributes: geometryAttributes(geometry),
  };
}

function padded(x: Value, { before, extent }: Square): Value {
  const [, , h = 0, w = 0] = x.shape;
  return pad(x, [
    [0, 0],
    [0, 0],
    [before[0], extent[0] - h - before[0]],
    [before[1], extent[1] - w - before[1]],
  ]);
}

const convolution = kernel<ConvAttributes>((inputs, attributes) => {
  const x = input(inputs, "x");
  const filter = input(inputs, "filter");
  const info = convInfo([...x.shape], [...filter.shape], attributes, false);
  return layoutBack(
    convolve(layoutIn(x, attributes), toOihw(filter), info, info.inChannels / (filter.shape[2] ?? 1)),
    attributes,
  );
});

const layoutIn = (x: Value, { dataFormat }: ConvAttributes): Value => (dataFormat === "NCHW" ? x : toChannelsFirst(x));
const layoutBack = (y: Value, { dataFormat }: ConvAttributes): Value => (dataFormat === "NCHW" ? y : toChannelsLast(y));

function convolve(x: Value, w: Value, info: tf.backend_util.Conv2DInfo, groups: number): Value {
  const square = squared(info, groups);
  const shape = [info.batchSize, w.shape[0] as number, info.outHeight, info.outWidth];
  if (sizeOf(x.shape) === 0) return uniform(0, shape);
  return composite("Conv", [padded(x, square), w], { shape, dtype: "float32" }, square.attributes);
}

const convolutionInput = kernel<ConvAttributes & { inputShape: number[] }>((inputs, attributes) => {
  const filter = input(inputs, "filter");
  const info = convInfo(attributes.inputShape, [...filter.shape], attributes, false);
  const dy = input(inputs, "dy");
  if (!sameShape(dy.shape, info.outShape)) throw wrongShapes("Conv2DBackpropInput", `[${info.outShape}]`, [dy.shape]);
  const dx = inputGradient(layoutIn(dy, attributes), toOihw(filter), info, 1);
  return layoutBack(dx, attributes);
});

function inputGradient(dy: Value, w: Value, info: tf.backend_util.Conv2DInfo, groups: number): Value {
  const square = squared(info, groups);
  const shape = [info.batchSize, info.inChannels, ...square.extent];
  const full = composite("ConvInputGrad", [dy, w], { shape, dtype: "float32" }, square.attributes);
  return slice(full, [0, 0, ...square.before], [info.batchSize, info.inChannels, info.inHeight, info.inWidth]);
}

const convolutionFilter = kernel<ConvAttributes & { filterShape: number[] }>((inputs, attributes) => {
  const x = input(inputs, "x");
  const info = convInfo([...x.shape], attributes.filterShape, attributes, false);
  const dw = filterGradient(layoutIn(input(inputs, "dy"), attributes), layoutIn(x, attributes), info, 1);
  return transpose(dw, [2, 3, 1, 0]);
});

function filterGradient(dy: Value, x: Value, info: tf.backend_util.Conv2DInfo, groups: number): Value {
  const square = squared(info, groups);
  const shape = [dy.shape[1] as number, info.inChannels / groups, info.filterHeight, info.filterWidth];
  return composite("ConvWeightGrad", [dy, padded(x, square)], { shape, dtype: "float32" }, square.attributes);
}

/** Depthwise filters [h, w, c, m] as grouped OIHW weights [c*m, 1, h, w]. */
const depthwiseWeights = (filter: Value): Value => {
  const [h = 0, w = 0, c = 0, m = 0] = filter.shape;
  return reshape(transpose(filter, [2, 3, 0, 1]), [c * m, 1, h, w]);
};

const depthwise = kernel<ConvAttributes>((inputs, attributes) => {
  const x = input(inputs, "x");
  const filter = input(inputs, "filter");
  const info = convInfo([...x.shape], [...filter.shape], attributes, true);
  return layoutBack(convolve(layoutIn(x, attributes), depthwiseWeights(filter), info, info.inChannels), attributes);
});

const depthwiseInput = kernel<ConvAttributes & { inputShape: number[] }>((inputs, attributes) => {
  const filter = input(inputs, "filter");
  const info = convInfo(attributes.inputShape, [...filter.shape], attributes, true);
  const dx = inputGradient(layoutIn(input(inputs, "dy"), attributes), depthwiseWeights(filter), info, info.inChannels);
  return layoutBack(dx, attributes);
});

const depthwiseFilter = kernel<ConvAttributes & { filterShape: number[] }>((inputs, attributes) => {
  const x = input(inputs, "x");
  const info = convInfo([...x.shape], attributes.filterShape, attributes, true);
  const dw = filterGradient(layoutIn(input(inputs, "dy"), attributes), layoutIn(x, attributes), info, info.inChannels);
  const [h = 0, w = 0, c = 0, m = 0] = attributes.filterShape;
  return transpose(reshape(dw, [c, m, h, w]), [2, 3, 0, 1]);
});

const fusedConv = kernel<ConvAttributes & FusedAttributes>((inputs, attributes) => {
  const y = convolution(inputs, attributes) as Value;
  return withBias(y, inputs, attributes);
});

const fusedDepthwise = kernel<ConvAttributes & FusedAttributes>((inputs, attributes) => {
  const y = depthwise(inputs, attributes) as Value;
  return withBias(y, inputs, attributes);
});

function withBias(y: Value, inputs: KernelInputs, attributes: ConvAttributes & FusedAttributes): Value {
  const { activation, leakyreluAlpha, dataFormat } = attributes;
  // one value for each channel lies along the last axis, or in NCHW the second
  const perChannel = (v: Value): Value =>
    dataFormat === "NCHW" && v.shape.length === 1 && v.shape[0] !== 1 ? reshape(v, [v.shape[0] as number, 1, 1]) : v;
  const { bias, preluActivationWeights: slopes } = inputs;
  const biased = bias === undefined ? y : binary("Add", y, perChannel(bias));
  const extra = slopes === undefined ? inputs : { ...inputs, preluActivationWeights: perChannel(slopes) };
  return activated(biased, extra, activation, leakyreluAlpha);
}

const batchNormalisation = kernel<tf.FusedBatchNormAttrs>((inputs, { varianceEpsilon }) => {
  const x = input(inputs, "x");
  const spread = binary("Add", input(inputs, "variance"), scalar(varianceEpsilon));
  const inverse = unary("Reciprocal", unary("Sqrt", spread));
  const scale = inputs.scale === undefined ? inverse : binary("Mul", inverse, inputs.scale);
  const centred = binary("Mul", binary("Sub", x, input(inputs, "mean")), scale);
  return inputs.offset === undefined ? centred : binary("Add", centred, inputs.offset);
});

/** Kernels of tfjs's layers on channels-last tensors. */
export const networks: KernelTable = {
  BatchMatMul: batchMatMul,
  _FusedMatMul: fusedMatMul,
  Conv2D: convolution,
  Conv2DBackpropInput: convolutionInput,
  Conv2DBackpropFilter: convolutionFilter,
  DepthwiseConv2dNative: depthwise,
  DepthwiseConv2dNativeBackpropInput: depthwiseInput,
  DepthwiseConv2dNativeBackpropFilter: depthwiseFilter,
  FusedConv2D: fusedConv,
  FusedDepthwiseConv2D: fusedDepthwise,
  FusedBatchNorm: batchNormalisation,
};

// tfjs's pooling (channels last) on the composite nodes of this engine (channels first). Averages leave padding out of the
// count, as tfjs has it; this package's own averagePool2d counts it.
import * as tf from "@tensorflow/tfjs";
import { unsupportedOp } from "../errors.ts";
import {
  float32Mark,
  binary,
  cast,
  composite,
  literal,
  pad,
  slice,
  toChannelsFirst,
  toChannelsLast,
  uniform,
} from "../graph/build.ts";
import type { Value } from "../graph/value.ts";
import { sizeOf } from "../graph/value.ts";
import { geometryAttributes, poolAttributes } from "./fused.ts";
import { input, type KernelTable, kernel } from "./registry.ts";

type PoolInfo = tf.backend_util.Conv2DInfo;

function poolInfo(
  op: string,
  x: Value,
  { filterSize, strides, pad: padding, dimRoundingMode }: tf.MaxPoolAttrs,
): PoolInfo {
  const shape = [...x.shape] as [number, number, number, number];
  const info = tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, padding, dimRoundingMode);
  const differ = info.strideHeight !== info.strideWidth && info.outHeight !== 1 && info.outWidth !== 1;
  if (differ || (op === "MaxPool" && info.filterHeight !== info.filterWidth)) {
    throw unsupportedOp(`${op} with a window or strides that differ between height and width`, undefined);
  }
  return info;
}

/** Where an output one wide may have any stride, the other direction's. */
const strideOf = ({ strideHeight, strideWidth, outHeight }: PoolInfo): number =>
  outHeight === 1 ? strideWidth : strideHeight;

/** Rows or columns that the windows reach beyond the image: before it and, as far as the last window goes, after it. */
function margins(info: PoolInfo): [top: number, bottom: number, left: number, right: number] {
  const after = (out: number, window: number, size: number, before: number): number =>
    Math.max(0, (out - 1) * strideOf(info) + window - size - before);
  const { top, left } = info.padInfo;
  const bottom = after(info.outHeight, info.filterHeight, info.inHeight, top);
  return [top, bottom, left, after(info.outWidth, info.filterWidth, info.inWidth, left)];
}

/** Channels first, with margins of `value`. */
function framed(x: Value, info: PoolInfo, value: number): Value {
  const [top, bottom, left, right] = margins(info);
  const frame = [
    [0, 0],
    [0, 0],
    [top, bottom],
    [left, right],
  ] as const;
  return pad(toChannelsFirst(cast(x, "float32")), frame, value);
}

/** Channels last again, without the margins. */
function unframed(dx: Value, info: PoolInfo): Value {
  const [top, , left] = margins(info);
  const inside = slice(dx, [0, 0, top, left], [info.batchSize, info.inChannels, info.inHeight, info.inWidth]);
  return toChannelsLast(inside);
}

const outShape = ({ batchSize, inChannels, outHeight, outWidth }: PoolInfo): number[] => [
  batchSize,
  inChannels,
  outHeight,
  outWidth,
];

const window = (info: PoolInfo) =>
  poolAttributes({ kernel: info.filterHeight, stride: strideOf(info), padding: 0, dilation: 1, groups: 1 });

const maxPool = kernel<tf.MaxPoolAttrs>((inputs, attributes) => {
  const x = input(inputs, "x");
  const info = poolInfo("MaxPool", x, attributes);
  if (sizeOf(x.shape) === 0) return uniform(0, info.outShape, x.dtype);
  const made = { shape: outShape(info), dtype: "float32" } as const;
  const y = composite("MaxPool", [framed(x, info, Number.NEGATIVE_INFINITY)], made, window(info));
  return cast(toChannelsLast(y), x.dtype);
});

const maxPoolGrad = kernel<tf.MaxPoolGradAttrs>((inputs, attributes) => {
  const x = input(inputs, "input");
  const info = poolInfo("MaxPool", x, attributes);
  const image = framed(x, info, Number.NEGATIVE_INFINITY);
  const operands = [toChannelsFirst(input(inputs, "dy")), image, toChannelsFirst(input(inputs, "output"))];
  return unframed(composite("MaxPoolGrad", operands, image, window(info)), info);
});

/** 1 over how many pixels of the image each window covers [1, 1, height, width]. */
function shares(info: PoolInfo): Value {
  const { outHeight, outWidth, filterHeight, filterWidth, inHeight, inWidth, padInfo } = info;
  const covered = (i: number, length: number, size: number, before: number): number => {
    const from = i * strideOf(info) - before;
    return Math.min(from + length, size) - Math.max(from, 0);
  };
  const rows = Array.from({ length: outHeight }, (_, i) => covered(i, filterHeight, inHeight, padInfo.top));
  const columns = Array.from({ length: outWidth }, (_, i) => covered(i, filterWidth, inWidth, padInfo.left));
  const values = rows.flatMap((row) => columns.map((column) => 1 / (row * column)));
  return literal(Float32Array.from(values), [1, 1, outHeight, outWidth], "float32");
}

/** A sum over each window is a depthwise convolution with ones. */
const ones = ({ inChannels, filterHeight, filterWidth }: PoolInfo): Value =>
  uniform(1, [inChannels, 1, filterHeight, filterWidth]);

// an average, though written as a product: it stays float32
const sumGeometry = (info: PoolInfo) => ({
  ...geometryAttributes({ stride: strideOf(info), padding: 0, dilation: 1, groups: info.inChannels }),
  ...float32Mark,
});

const averagePool = kernel<tf.AvgPoolAttrs>((inputs, attributes) => {
  const x = input(inputs, "x");
  const info = poolInfo("AvgPool", x, attributes);
  if (sizeOf(x.shape) === 0) return uniform(0, info.outShape);
  const made = { shape: outShape(info), dtype: "float32" } as const;
  const sums = composite("Conv", [framed(x, info, 0), ones(info)], made, sumGeometry(info));
  return toChannelsLast(binary("Mul", sums, shares(info)));
});

const averagePoolGrad = kernel<tf.AvgPoolGradAttrs>((inputs, attributes) => {
  const x = input(inputs, "input");
  const info = poolInfo("AvgPool", x, attributes);
  const spread = binary("Mul", toChannelsFirst(input(inputs, "dy")), shares(info));
  const framedShape = framed(x, info, 0).shape;
  const made = { shape: framedShape, dtype: "float32" } as const;
  return unframed(composite("ConvInputGrad", [spread, ones(info)], made, sumGeometry(info)), info);
});

/** tfjs's pooling kernels. */
export const pooling: KernelTable = {
  MaxPool: maxPool,
  MaxPoolGrad: maxPoolGrad,
  AvgPool: averagePool,
  AvgPoolGrad: averagePoolGrad,
};

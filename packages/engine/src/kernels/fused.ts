// Kernels of our own: each records one composite node, which lowering turns into what a device runs best.
import { apply, composite, float, float32Mark, int, text } from "../graph/build.ts";
import { insideFloat32 } from "../graph/region.ts";
import type { Attribute, Value, ValueSpec } from "../graph/value.ts";
import type { ConvGeometry } from "../ops/conv.ts";
import { outputSize } from "../ops/conv.ts";
import type { GridSampleOptions } from "../ops/grid-sample.ts";
import { input, type KernelTable, kernel } from "./registry.ts";

/** Geometry as attributes of a composite node. */
export const geometryAttributes = ({ stride, padding, dilation, groups }: ConvGeometry): Record<string, Attribute> => ({
  stride: int(stride),
  padding: int(padding),
  dilation: int(dilation),
  groups: int(groups),
  ...(insideFloat32() && float32Mark),
});

const conv = kernel<ConvGeometry>((inputs, geometry) => {
  const x = input(inputs, "x");
  const w = input(inputs, "w");
  const [n = 0, , h = 0, width = 0] = x.shape;
  const [o = 0, , kh = 0, kw = 0] = w.shape;
  const shape = [n, o, outputSize(h, kh, geometry), outputSize(width, kw, geometry)];
  return composite("Conv", [x, w], { shape, dtype: "float32" }, geometryAttributes(geometry));
});

const convInputGrad = kernel<ConvGeometry & { inputShape: number[] }>((inputs, { inputShape, ...geometry }) =>
  composite(
    "ConvInputGrad",
    [input(inputs, "dy"), input(inputs, "w")],
    { shape: inputShape, dtype: "float32" },
    geometryAttributes(geometry),
  ),
);

const convWeightGrad = kernel<ConvGeometry & { weightShape: number[] }>((inputs, { weightShape, ...geometry }) =>
  composite(
    "ConvWeightGrad",
    [input(inputs, "dy"), input(inputs, "x")],
    { shape: weightShape, dtype: "float32" },
    geometryAttributes(geometry),
  ),
);

type Pooling = ConvGeometry & { kernel: number };

/** A window as attributes of a composite node. */
export const poolAttributes = (pooling: Pooling): Record<string, Attribute> => ({
  kernel: int(pooling.kernel),
  stride: int(pooling.stride),
  padding: int(pooling.padding),
});

const maxPool = kernel<Pooling>((inputs, pooling) => {
  const x = input(inputs, "x");
  const [n = 0, c = 0, h = 0, w = 0] = x.shape;
  const shape = [n, c, outputSize(h, pooling.kernel, pooling), outputSize(w, pooling.kernel, pooling)];
  return composite("MaxPool", [x], { shape, dtype: "float32" }, poolAttributes(pooling));
});

const maxPoolGrad = kernel<Pooling>((inputs, pooling) => {
  const x = input(inputs, "x");
  return composite("MaxPoolGrad", [input(inputs, "dy"), x, input(inputs, "y")], x, poolAttributes(pooling));
});

const gridSample = kernel<Required<GridSampleOptions>>((inputs, { paddingMode, alignCorners }) => {
  const x = input(inputs, "x");
  const grid = input(inputs, "grid");
  const [n = 0, c = 0] = x.shape;
  const shape = [n, c, grid.shape[1] ?? 0, grid.shape[2] ?? 0];
  const attributes = {
    mode: text("linear"),
    padding_mode: text(paddingMode),
    align_corners: int(Number(alignCorners)),
  };
  return apply("GridSample", [x, grid], [{ shape, dtype: "float32" }], attributes);
});

const layerNorm = kernel<{ epsilon: number }>((inputs, { epsilon }) => {
  const x = input(inputs, "x");
  const statistics = { shape: [...x.shape.slice(0, -1), 1], dtype: "float32" as const };
  return apply("LayerNorm", [x], [x, statistics], { epsilon: float(epsilon) }, "lejepa");
});

/** One value for each channel: all extents but the second are 1. */
const perChannel = (x: Value): ValueSpec => ({
  shape: x.shape.map((extent, i) => (i === 1 ? extent : 1)),
  dtype: "float32",
});

const channelSum = kernel((inputs) => composite("ChannelSum", [input(inputs, "x")], perChannel(input(inputs, "x"))));

const channelDot = kernel((inputs) => {
  const x = input(inputs, "x");
  return composite("ChannelDot", [x, input(inputs, "y")], perChannel(x));
});

/** `x scale + shift`, and `+ x2 scale2` where given; scales and shift are per channel. */
const channelAffine = kernel((inputs) => {
  const names = inputs.x2 === undefined ? ["x", "scale", "shift"] : ["x", "scale", "shift", "x2", "scale2"];
  const operands = names.map((name) => input(inputs, name));
  return composite("ChannelAffine", operands, operands[0] as Value);
});

/** The composite ops, by kernel name. */
export const fused: KernelTable = {
  LejepaConv: conv,
  LejepaConvInputGrad: convInputGrad,
  LejepaConvWeightGrad: convWeightGrad,
  LejepaMaxPool: maxPool,
  LejepaMaxPoolGrad: maxPoolGrad,
  LejepaGridSample: gridSample,
  LejepaChannelSum: channelSum,
  LejepaChannelDot: channelDot,
  LejepaChannelAffine: channelAffine,
  LejepaLayerNorm: layerNorm,
  LejepaLayerNormGrad: (inputs) => {
    const dy = input(inputs, "dy");
    return composite("LayerNormGrad", [dy, input(inputs, "y"), input(inputs, "inverseStd")], dy);
  },
  LejepaGelu: (inputs) => composite("Gelu", [input(inputs, "x")], input(inputs, "x")),
  LejepaGeluGrad: (inputs) => composite("GeluGrad", [input(inputs, "dy"), input(inputs, "x")], input(inputs, "dy")),
  LejepaSoftmaxGrad: (inputs) =>
    composite("SoftmaxGrad", [input(inputs, "dy"), input(inputs, "y")], input(inputs, "dy")),
  LejepaAllReduceMean: (inputs) => composite("AllReduceMean", [input(inputs, "x")], input(inputs, "x")),
};

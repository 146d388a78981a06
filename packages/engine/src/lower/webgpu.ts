// What ONNX Runtime's WebGPU kernels get wrong or lack, in operators that they have. By taps: for each position of the
// kernel, the strided slice of the padded input that it meets. Slower than a fused kernel, and right.
import {
  apply1,
  binary,
  cast,
  concat,
  hostArray,
  i64,
  int,
  ints,
  literal,
  matMul,
  pad,
  reduce,
  reshape,
  slice,
  uniform,
} from "../graph/build.ts";
import type { Value } from "../graph/value.ts";
import { composites, intOf, type Lowering, type LoweringTable, outputOf, plainBatched } from "./composites.ts";

interface Window {
  readonly offset: readonly [row: number, column: number];
  readonly stride: number;
  readonly extent: readonly [height: number, width: number];
}

function strided(x: Value, { offset, stride, extent }: Window): Value {
  const ends = offset.map((start, i) => start + ((extent[i] as number) - 1) * stride + 1);
  const shape = [...x.shape.slice(0, 2), ...extent];
  return apply1("Slice", [x, i64(offset), i64(ends), i64([2, 3]), i64([stride, stride])], { shape, dtype: x.dtype });
}

const taps = (height: number, width: number): [number, number][] =>
  Array.from({ length: height * width }, (_, i) => [Math.floor(i / width), i % width]);

/** dw[o, c, tap] = Σ over images and places of dy x: a product for each tap. ORT's Conv is wrong here for some channels. */
const convWeightGrad: Lowering = (node, [dy, x]) => {
  const [gradient, image] = [dy as Value, x as Value];
  const [stride, dilation, padding, groups] = [
    intOf(node, "stride"),
    intOf(node, "dilation"),
    intOf(node, "padding"),
    intOf(node, "groups"),
  ];
  const [n = 0, o = 0, oh = 0, ow = 0] = gradient.shape;
  const [, perGroup = 0, kh = 0, kw = 0] = outputOf(node).shape;
  const padded = pad(image, [
    [0, 0],
    [0, 0],
    [padding, padding],
    [padding, padding],
  ]);
  const left = reshape(gradient, [n, groups, o / groups, oh * ow]);
  const parts = taps(kh, kw).map(([row, column]) => {
    const tap = strided(padded, { offset: [row * dilation, column * dilation], stride, extent: [oh, ow] });
    const right = reshape(tap, [n, groups, perGroup, oh * ow]);
    const each = plainBatched(left, right, false, true, 1, matMul(left, right, { transB: true }));
    return reshape(reduce("ReduceSum", cast(each, "float32"), [0], false), [o, perGroup, 1]);
  });
  return cast(reshape(concat(parts, 2), outputOf(node).shape), outputOf(node).dtype);
};

/** ORT's grouped ConvTranspose is wrong with several outputs a group: dense weights with zeros between groups. */
const convInputGrad: Lowering = (node, [dy, w]) => {
  const lowering = composites.ConvInputGrad as Lowering;
  const weight = w as Value;
  const groups = intOf(node, "groups");
  const [o = 0, perGroup = 0, kh = 0, kw = 0] = weight.shape;
  if (groups === 1 || o === groups) return lowering(node, [dy as Value, weight]);
  const c = perGroup * groups;
  const own = Array.from({ length: o * groups }, (_, i) =>
    Number(Math.floor(i / groups / (o / groups)) === i % groups),
  );
  const mask = literal(hostArray("float32", own), [o, groups, 1, 1, 1], "float32");
  const masked = binary("Mul", cast(reshape(weight, [o, 1, perGroup, kh, kw]), "float32"), mask);
  const dense = cast(reshape(masked, [o, c, kh, kw]), weight.dtype);
  return lowering({ ...node, attributes: { ...node.attributes, groups: int(1) } }, [dy as Value, dense]);
};

/** Max pooling without the places of the maxima. */
const maxPool: Lowering = (node, [x]) => {
  const [kernel, stride, padding] = [intOf(node, "kernel"), intOf(node, "stride"), intOf(node, "padding")];
  return apply1("MaxPool", [x as Value], outputOf(node), {
    kernel_shape: ints([kernel, kernel]),
    strides: ints([stride, stride]),
    pads: ints([padding, padding, padding, padding]),
  });
};

/** Lower than any activation; shaders may not have infinities. */
const LOWEST = -3.4e38;

/** The gradient goes to the first tap that equals the maximum, and back to where the tap came from. */
const maxPoolGrad: Lowering = (node, [dy, x, y]) => {
  const [gradient, image, maxima] = [dy as Value, x as Value, y as Value];
  const [kernel, stride, padding] = [intOf(node, "kernel"), intOf(node, "stride"), intOf(node, "padding")];
  const [n = 0, c = 0, h = 0, w = 0] = image.shape;
  const [, , oh = 0, ow = 0] = gradient.shape;
  const [height, width] = [
    Math.max(padding + h, oh * stride + kernel - 1),
    Math.max(padding + w, ow * stride + kernel - 1),
  ];
  const padded = pad(
    image,
    [
      [0, 0],
      [0, 0],
      [padding, height - h - padding],
      [padding, width - w - padding],
    ],
    LOWEST,
  );
  let free = uniform(1, gradient.shape);
  let total: Value = uniform(0, [n, c, height, width]);
  for (const [row, column] of taps(kernel, kernel)) {
    const tap = strided(padded, { offset: [row, column], stride, extent: [oh, ow] });
    const hit = binary("Mul", cast(binary("Equal", tap, maxima, "bool"), "float32"), free);
    free = binary("Sub", free, hit);
    const spread = pad(reshape(binary("Mul", gradient, hit), [n * c, oh, 1, ow, 1]), [
      [0, 0],
      [0, 0],
      [0, stride - 1],
      [0, 0],
      [0, stride - 1],
    ]);
    const rows = reshape(spread, [n, c, oh * stride, ow * stride]);
    const below: [number, number] = [row, height - oh * stride - row];
    total = binary("Add", total, pad(rows, [[0, 0], [0, 0], below, [column, width - ow * stride - column]]));
  }
  return slice(total, [0, 0, padding, padding], image.shape);
};

/** Entries that replace the general ones on WebGPU. */
export const webgpuComposites: LoweringTable = {
  ConvInputGrad: convInputGrad,
  ConvWeightGrad: convWeightGrad,
  MaxPool: maxPool,
  MaxPoolGrad: maxPoolGrad,
};

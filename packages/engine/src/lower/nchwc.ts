// Convolutions and per-channel sums on channel-blocked activations, [n, c/b, h, w, b], through ONNX Runtime's NCHWc
// kernels (`com.microsoft.nchwc`), whose logical shape is NCHW while the bytes are blocked. CPU only, float32.
// Weights come and go as OIHW. Not here: which values are held blocked (blocked.ts).
import {
  apply1,
  binary,
  concat,
  expand,
  i64,
  int,
  ints,
  pad,
  reduce,
  reshape,
  scalar,
  slice,
  transpose,
  uniform,
} from "../graph/build.ts";
import type { Attribute, Value } from "../graph/value.ts";
import { sizeOf } from "../graph/value.ts";

const DOMAIN = "com.microsoft.nchwc";

/** A blocked activation: data `[n, c/b, h, w, b]`. */
export type Blocked = Value;

/** Extents of a blocked activation. */
function extents({ shape }: Blocked): { n: number; c: number; h: number; w: number; b: number } {
  const [n = 0, blocks = 0, h = 0, w = 0, b = 1] = shape;
  return { n, c: blocks * b, h, w, b };
}

const logical = (x: Blocked): Value => {
  const { n, c, h, w } = extents(x);
  return reshape(x, [n, c, h, w]);
};

/** Four-dimensional output of an NCHWc kernel as what it holds. */
const blockedFrom = (y: Value, b: number): Blocked => {
  const [n = 0, c = 0, h = 0, w = 0] = y.shape;
  return reshape(y, [n, c / b, h, w, b]);
};

const reorderIn = (x: Value, shape: readonly number[] = x.shape, channelsLast = false): Value =>
  apply1("ReorderInput", [x], { shape, dtype: "float32" }, channelsLast ? { channels_last: int(1) } : {}, DOMAIN);

const reorderOut = (x: Value): Value =>
  apply1("ReorderOutput", [x], { shape: x.shape, dtype: "float32" }, { channels: int(x.shape[1] as number) }, DOMAIN);

/** NCHW to blocked. */
export const block = (x: Value, b: number): Blocked => blockedFrom(reorderIn(x), b);

/** Blocked to NCHW. */
export const unblock = (x: Blocked): Value => {
  const y = logical(x);
  const { h, w } = extents(x);
  return h * w === 1 ? y : reorderOut(y);
};

interface Window {
  readonly kernel: readonly number[];
  readonly strides?: readonly number[];
  /** top, left, bottom, right */
  readonly pads?: readonly number[];
  readonly dilations?: readonly number[];
  readonly group?: number;
  readonly bias?: Value;
}

const reach = (
  extent: number,
  before: number,
  after: number,
  kernel: number,
  stride: number,
  dilation: number,
): number => Math.floor((extent + before + after - dilation * (kernel - 1) - 1) / stride) + 1;

/** The NCHWc convolution kernel on logical shapes; `channels` come out. */
function convolve(x: Value, weight: Value, channels: number, window: Window): Value {
  const { kernel, strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], group = 1, bias } = window;
  const [n = 0, , h = 0, w = 0] = x.shape;
  const at = (values: readonly number[], i: number): number => values[i] as number;
  const height = reach(h, at(pads, 0), at(pads, 2), at(kernel, 0), at(strides, 0), at(dilations, 0));
  const width = reach(w, at(pads, 1), at(pads, 3), at(kernel, 1), at(strides, 1), at(dilations, 1));
  const attributes: Record<string, Attribute> = {
    kernel_shape: ints(kernel),
    strides: ints(strides),
    pads: ints(pads),
    dilations: ints(dilations),
    group: int(group),
  };
  const inputs = bias === undefined ? [x, weight] : [x, weight, bias];
  return apply1("Conv", inputs, { shape: [n, channels, height, width], dtype: "float32" }, attributes, DOMAIN);
}

/** Geometry of a convolution that these kernels take: one group. */
export interface Geometry {
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
}

/** OIHW as `[o/b, (c or c/b, then b), kh kw, b]`: output lanes innermost, input lanes before them. */
function forwardWeight(weight: Value, b: number): Value {
  const [o = 0, c = 0, kh = 0, kw = 0] = weight.shape;
  const inner = c % b === 0 ? reorderIn(reshape(weight, [o, c, kh * kw, 1])) : weight;
  return reshape(reorderIn(reshape(inner, [o / b, b, c * kh * kw, 1])), weight.shape);
}

/** Convolution; `x` is blocked, or plain NCHW with fewer channels than a block (a stem). */
export function convForward(x: Value, weight: Value, { stride, padding, dilation }: Geometry, b: number): Blocked {
  const [o = 0, , kh = 0, kw = 0] = weight.shape;
  const image = x.shape.length === 5 ? logical(x) : x;
  const window = {
    kernel: [kh, kw],
    strides: [stride, stride],
    pads: Array<number>(4).fill(padding),
    dilations: [dilation, dilation],
  };
  return blockedFrom(convolve(image, forwardWeight(weight, b), o, window), b);
}

/** OIHW as `[c/b, o/b, kh, kw, bo, bi]`: the weight of the convolution that takes dy to dx, not yet turned round. */
function backwardWeight(weight: Value, b: number): Value {
  const [o = 0, c = 0, kh = 0, kw = 0] = weight.shape;
  const lanes = reshape(reorderIn(reshape(weight, [o, c, kh * kw, 1])), [o / b, b, c / b, kh * kw, b]);
  return reshape(transpose(lanes, [2, 0, 3, 1, 4]), [c / b, o / b, kh, kw, b * b]);
}

function take(x: Value, indices: readonly number[], axis: number): Value {
  if (indices.length === x.shape[axis] && indices.every((index, i) => index === i)) return x;
  const shape = x.shape.map((extent, i) => (i === axis ? indices.length : extent));
  return apply1("Gather", [x, i64(indices)], { shape, dtype: x.dtype }, { axis: int(axis) });
}

/** Along one axis: which taps reach the input positions of one phase (position modulo stride), and the padding then. */
interface Phase {
  readonly taps: readonly number[];
  readonly before: number;
  readonly after: number;
}

function phases(
  extent: number,
  size: number,
  kernel: number,
  { stride, padding, dilation }: Geometry,
): Phase[] | undefined {
  // undilated only, except that stride 1 needs no phases
  if (stride === 1) {
    const taps = Array.from({ length: kernel }, (_, i) => kernel - 1 - i);
    const outer = dilation * (kernel - 1) - padding;
    return outer < 0 ? undefined : [{ taps, before: outer, after: outer }];
  }
  if (dilation !== 1) return undefined;
  const positions = Math.ceil(extent / stride);
  const made = Array.from({ length: stride }, (_, phase): Phase => {
    const first = (phase + padding) % stride;
    const ahead = Math.floor((phase + padding) / stride);
    const taps: number[] = [];
    for (let tap = first; tap < kernel; tap += stride) taps.unshift(tap);
    return { taps, before: taps.length - 1 - ahead, after: positions - size + ahead };
  });
  return made.every(({ taps, before, after }) => taps.length === 0 || (before >= 0 && after >= 0)) ? made : undefined;
}

/** Gradient to the input of shape NCHW; undefined where the geometry does not fit these kernels. */
export function convInputGradient(
  dy: Blocked,
  weight: Value,
  geometry: Geometry,
  inputShape: readonly number[],
): Blocked | undefined {
  const { h, w, n, b } = extents(dy);
  const [, c = 0, height = 0, width = 0] = inputShape;
  const [, , kh = 0, kw = 0] = weight.shape;
  const rows = phases(height, h, kh, geometry);
  const columns = phases(width, w, kw, geometry);
  if (rows === undefined || columns === undefined) return undefined;
  const packed = backwardWeight(weight, b);
  const extent = [Math.ceil(height / geometry.stride), Math.ceil(width / geometry.stride)] as const;
  const part = (row: Phase, column: Phase): Value => {
    if (row.taps.length * column.taps.length === 0) return uniform(0, [n, c, ...extent]);
    const taps = take(take(packed, row.taps, 2), column.taps, 3);
    const kernel = [row.taps.length, column.taps.length];
    const dilations = [geometry.dilation, geometry.dilation];
    const pads = [row.before, column.before, row.after, column.after];
    return convolve(logical(dy), reshape(taps, [c, extents(dy).c, ...kernel]), c, { kernel, pads, dilations });
  };
  if (geometry.stride === 1) return blockedFrom(part(rows[0] as Phase, columns[0] as Phase), b);
  return interleave(
    rows.map((row) => columns.map((column) => part(row, column))),
    { b, height, width },
  );
}

/** Puts the phases of a strided gradient back between each other. */
function interleave(
  parts: readonly (readonly Value[])[],
  { b, height, width }: { b: number; height: number; width: number },
): Blocked {
  const [n = 0, c = 0, h = 0, w = 0] = parts[0]?.[0]?.shape ?? [];
  const stride = parts.length;
  const lines = n * (c / b) * h;
  const rows = parts.map((row) =>
    reshape(
      concat(
        row.map((part) => reshape(part, [lines * w, b])),
        1,
      ),
      [lines, w * stride * b],
    ),
  );
  const whole = reshape(concat(rows, 1), [n, c / b, h * stride, w * stride, b]);
  return slice(whole, [0, 0, 0, 0, 0], [n, c / b, height, width, b]);
}

/** `dy` as kernels `[o/b, n/b, h, w, bn, bo]`: images become input channels. */
function asKernels(dy: Blocked): Value {
  const { n, c, h, w, b } = extents(dy);
  const byBlock = transpose(reshape(dy, [n, c / b, h * w * b]), [1, 0, 2]);
  const shape = [(c / b) * (n / b), h * w * b, b, 1];
  const lanes = reorderIn(reshape(byBlock, [(c / b) * (n / b), b, 1, h * w * b]), shape, true);
  return reshape(lanes, [c, n, h, w]);
}

const padded = (x: Value, axis: number, before: number, after: number): Value =>
  pad(
    x,
    x.shape.map((_, i) => (i === axis ? ([before, after] as const) : ([0, 0] as const))),
  );

/** Pads the batch with zeros to whole blocks: they add nothing to a sum over it. */
const wholeBatch = (x: Value, b: number): Value => padded(x, 0, 0, (b - ((x.shape[0] as number) % b)) % b);

const ones = (count: number): Value => uniform(1, [count, 1, 1, 1]);

/** Blocked `x` with images as lanes and channels beside the columns: `[c/b, n, h, w b]`, columns padded. */
function laneImages(x: Blocked, left: number, right: number): Value {
  const { n, c, h, b } = extents(x);
  const wide =
    left + right === 0
      ? logical(x)
      : convolve(logical(x), ones(c), c, { kernel: [1, 1], pads: [0, left, 0, right], group: c });
  const width = wide.shape[3] as number;
  const byBlock = transpose(reshape(wide, [n, c / b, h * width * b]), [1, 0, 2]);
  return reshape(reorderIn(reshape(byBlock, [c / b, n, h * width * b, 1])), [c / b, n, h, width * b]);
}

/** The same of a plain image with few channels: `[1, n, h, w c]`. */
function laneStem(x: Value, left: number, right: number): Value {
  const [n = 0, c = 0, h = 0, w = 0] = x.shape;
  const beside = padded(reshape(transpose(x, [0, 2, 3, 1]), [n, h, w * c]), 2, left * c, right * c);
  const width = (w + left + right) * c;
  return reshape(reorderIn(reshape(beside, [1, n, h * width, 1])), [1, n, h, width]);
}

/** Every `stride`-th pixel. */
function everyPixel(x: Blocked, stride: number): Blocked {
  const { c, b } = extents(x);
  return blockedFrom(convolve(logical(x), ones(c), c, { kernel: [1, 1], strides: [stride, stride], group: c }), b);
}

/**
 * Gradient to the weight, OIHW. The convolution with roles changed (images as channels, dy as kernel, stride as
 * dilation), with the channels beside the columns so that the kernel's register tile is full: b times wider dilation.
 * `x` is blocked, or plain NCHW with few channels. Undilated only.
 */
export function convWeightGradient(dy: Blocked, x: Value, geometry: Geometry, shape: readonly number[]): Value {
  const [o = 0, , kh = 0, kw = 0] = shape;
  const { b, h, w } = extents(dy);
  const isBlocked = x.shape.length === 5;
  if (isBlocked && kh * kw === 1 && geometry.padding === 0 && geometry.stride > 1) {
    return convWeightGradient(dy, everyPixel(x, geometry.stride), { ...geometry, stride: 1 }, shape);
  }
  const { stride, padding } = geometry;
  const image = wholeBatch(x, b);
  const [, , height = 0, width = 0] = x.shape;
  const after = (extent: number, size: number, kernel: number): number =>
    Math.max(0, (size - 1) * stride + kernel - extent - padding);
  const right = after(width, w, kw);
  const lanes = isBlocked ? laneImages(image, padding, right) : laneStem(image, padding, right);
  const group = isBlocked ? b : (x.shape[1] as number);
  const window = { kernel: [h, w], pads: [padding, 0, after(height, h, kh), 0], dilations: [stride, stride * group] };
  const raw = convolve(lanes, asKernels(wholeBatch(dy, b)), o, window);
  return isBlocked ? blockedWeight(raw, shape, b) : stemWeight(raw, shape, b);
}

/** `[c/b, o/b, kh, kw, bi, bo]` (perhaps with more rows and columns) as OIHW. */
function blockedWeight(raw: Value, shape: readonly number[], b: number): Value {
  const [o = 0, c = 0, kh = 0, kw = 0] = shape;
  const [, , rows = 0, columns = 0] = raw.shape;
  const full = reshape(raw, [c / b, o / b, rows, columns / b, b * b]);
  const cut = slice(full, [0, 0, 0, 0, 0], [c / b, o / b, kh, kw, b * b]);
  const byOutput = transpose(reshape(cut, [c / b, o / b, kh * kw * b * b]), [1, 0, 2]);
  const outputs = reorderOut(reshape(byOutput, [o / b, b, c * kh * kw, 1]));
  return reshape(reorderOut(reshape(outputs, [o, c, kh * kw, 1])), shape);
}

function stemWeight(raw: Value, shape: readonly number[], b: number): Value {
  const [o = 0, c = 0, kh = 0, kw = 0] = shape;
  const [, , rows = 0, columns = 0] = raw.shape;
  const full = reshape(raw, [o / b, rows, columns / c, c * b]);
  const cut = slice(full, [0, 0, 0, 0], [o / b, kh, kw, c * b]);
  const outputs = reorderOut(reshape(cut, [o / b, b, kh * kw * c, 1]));
  return reshape(transpose(reshape(outputs, [o, kh * kw, c]), [0, 2, 1]), shape);
}

const perChannel = (value: Value): Value => reshape(value, [sizeOf(value.shape)]);

/** x scale + shift, one scale and shift a channel: a depthwise 1x1 convolution. */
export function channelAffine(x: Blocked, scale: Value, shift: Value): Blocked {
  const { c, b } = extents(x);
  const weight = reshape(perChannel(scale), [c, 1, 1, 1]);
  return blockedFrom(convolve(logical(x), weight, c, { kernel: [1, 1], group: c, bias: perChannel(shift) }), b);
}

/** x scale. */
export function channelScale(x: Blocked, scale: Value): Blocked {
  const { c, b } = extents(x);
  return blockedFrom(
    convolve(logical(x), reshape(perChannel(scale), [c, 1, 1, 1]), c, { kernel: [1, 1], group: c }),
    b,
  );
}

/** x + shift. */
export const channelShift = (x: Blocked, shift: Value): Blocked =>
  channelAffine(x, expand(scalar(1), [extents(x).c]), shift);

/** Sum over images and pixels, `[1, c, 1, 1]`: a product with ones over images, then the pixels. */
export function channelSum(x: Blocked): Value {
  const { n, c, h, w, b } = extents(x);
  const overImages = apply1("MatMul", [uniform(1, [1, n]), reshape(x, [n, c * h * w])], {
    shape: [1, c * h * w],
    dtype: "float32",
  });
  return reshape(reduce("ReduceSum", reshape(overImages, [c / b, h * w, b]), [1], false), [1, c, 1, 1]);
}

/** Sum over images and pixels of x y, `[1, c, 1, 1]`: a depthwise convolution of one with the other as its kernel. */
export function channelDot(x: Blocked, y: Blocked): Value {
  const { n, c, h, w } = extents(x);
  const image = reshape(x, [1, n * c, h, w]);
  const each = convolve(image, reshape(y, [n * c, 1, h, w]), n * c, { kernel: [h, w], group: n * c });
  return reshape(reduce("ReduceSum", reshape(each, [n, c]), [0], false), [1, c, 1, 1]);
}

/** Mean over pixels, `[n, c, 1, 1]`. */
export function pixelMean(x: Blocked): Value {
  const { n, c } = extents(x);
  return apply1("GlobalAveragePool", [logical(x)], { shape: [n, c, 1, 1], dtype: "float32" }, {}, DOMAIN);
}

/** `y` with an addend or an activation built into the convolution that made it; undefined where that is not possible. */
export function fusedInto(
  y: Blocked,
  { addend, relu }: { readonly addend?: Blocked; readonly relu?: boolean },
): Blocked | undefined {
  const made = y.origin.kind === "node" && y.origin.node.op === "Reshape" ? (y.origin.node.inputs[0] as Value) : y;
  if (made.origin.kind !== "node") return undefined;
  const { node } = made.origin;
  if (node.op !== "Conv" || node.domain !== DOMAIN || node.attributes.activation !== undefined) return undefined;
  if (addend !== undefined && node.inputs.length > 3) return undefined;
  const [x, weight, bias = uniform(0, [made.shape[1] as number]), ...rest] = node.inputs as [
    Value,
    Value,
    Value?,
    Value?,
  ];
  const kept = rest.filter((v) => v !== undefined);
  const inputs = addend === undefined ? node.inputs : [x, weight, bias, ...kept, logical(addend)];
  const attributes = relu === true ? { ...node.attributes, activation: { text: "Relu" } } : node.attributes;
  return blockedFrom(apply1("Conv", inputs, made, attributes, DOMAIN), extents(y).b);
}

/** dy scale + x2 scale2 + shift. */
export function channelAffine2(x: Blocked, scale: Value, shift: Value, x2: Blocked, scale2: Value): Blocked {
  const inner = channelAffine(x2, scale2, shift);
  return fusedInto(channelScale(x, scale), { addend: inner }) ?? binary("Add", channelScale(x, scale), inner);
}

// Convolution and pooling on NCHW, with PyTorch's semantics. The plain definitions sum over kernel taps: k*k shifted,
// strided slices of the padded input, which is exact, differentiable on any backend and slow (but for TensorFlow's).
import { expectRank, LejepaError } from "@lejepa/contracts";
import * as tf from "@tensorflow/tfjs";
import { isNative, runFusedOne, TENSORFLOW_BACKEND } from "./_native.ts";
import { float32 } from "./float32.ts";

/** Geometry of a convolution, symmetric in height and width. */
export interface ConvOptions {
  readonly stride?: number;
  readonly padding?: number;
  readonly dilation?: number;
  readonly groups?: number;
}

/** Geometry of a pooling window. */
export interface PoolOptions {
  readonly kernel: number;
  readonly stride?: number;
  readonly padding?: number;
}

/** `ConvOptions` with every value set; what kernels receive. */
export type ConvGeometry = Required<ConvOptions>;

/**
 * 2-D convolution (cross-correlation), `y[n,o] = Σ_c x[n,c] ⋆ w[o,c]`, no bias.
 *
 * @param x `[n, c, h, w]`
 * @param weight `[o, c / groups, kh, kw]`
 * @throws LejepaError E_SHAPE when ranks or channels do not fit
 */
export function conv2d(x: tf.Tensor, weight: tf.Tensor, options: ConvOptions = {}): tf.Tensor {
  const geometry: ConvGeometry = { stride: 1, padding: 0, dilation: 1, groups: 1, ...options };
  checkConv(x, weight, geometry);
  return isNative() ? fusedConv(x, weight, geometry) : plainConv(x, weight, geometry);
}

function checkConv(x: tf.Tensor, weight: tf.Tensor, { groups }: ConvGeometry): void {
  expectRank("conv2d", "x", x, 4, ["n", "c", "h", "w"]);
  expectRank("conv2d", "weight", weight, 4, ["o", "c / groups", "kh", "kw"]);
  const [o = 0, perGroup = 0] = weight.shape;
  const c = x.shape[1] ?? 0;
  if (c === perGroup * groups && o % groups === 0) return;
  throw new LejepaError({
    code: "E_SHAPE",
    where: "conv2d",
    expected: `weight of shape [o, ${c}/${groups}, kh, kw] with o divisible by ${groups}`,
    got: `[${weight.shape}]`,
    hint: "Weights are OIHW, inputs NCHW.",
  });
}

function fusedConv(x: tf.Tensor, weight: tf.Tensor, geometry: ConvGeometry): tf.Tensor {
  const op = tf.customGrad((...args) => {
    const [input, w, save] = args as unknown as [tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    save([input, w]);
    return {
      value: runFusedOne("LejepaConv", { x: input, w }, geometry),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [savedX, savedW] = saved as [tf.Tensor, tf.Tensor];
        return [
          runFusedOne("LejepaConvInputGrad", { dy, w: savedW }, { ...geometry, inputShape: savedX.shape }),
          runFusedOne("LejepaConvWeightGrad", { dy, x: savedX }, { ...geometry, weightShape: savedW.shape }),
        ];
      },
    };
  });
  return op(x, weight);
}

/** Number of output positions along an axis of `size`. */
export function outputSize(size: number, kernel: number, { stride, padding, dilation }: ConvGeometry): number {
  return Math.floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1;
}

function plainConv(x: tf.Tensor, weight: tf.Tensor, geometry: ConvGeometry): tf.Tensor {
  if (geometry.groups > 1) return groupedConv(x, weight, geometry);
  // tfjs has no gradient of a dilated one
  if (tf.getBackend() === TENSORFLOW_BACKEND && geometry.dilation === 1) return libraryConv(x, weight, geometry);
  const [o = 0, c = 0, kh = 0, kw = 0] = weight.shape;
  const height = outputSize(x.shape[2] ?? 0, kh, geometry);
  const width = outputSize(x.shape[3] ?? 0, kw, geometry);
  const terms = taps(x, [kh, kw], [height, width], geometry, 0).map(({ value, row, column }) => {
    const w = tf.reshape(tf.slice(weight, [0, 0, row, column], [o, c, 1, 1]), [1, o, c]);
    const n = value.shape[0] ?? 0;
    const tiled = tf.tile(w, [n, 1, 1]);
    return tf.matMul(tiled, tf.reshape(value, [n, c, height * width]));
  });
  return tf.reshape(tf.addN(terms), [x.shape[0] ?? 0, o, height, width]);
}

/** TensorFlow's own convolution, which wants channels last: far quicker there than a sum over taps. */
function libraryConv(x: tf.Tensor, weight: tf.Tensor, { stride, padding }: ConvGeometry): tf.Tensor {
  const last = tf.transpose(x, [0, 2, 3, 1]) as tf.Tensor4D; // [n, h, w, c]
  const sides: [number, number] = [padding, padding];
  const padded = padding === 0 ? last : tf.pad(last, [[0, 0], sides, sides, [0, 0]]);
  const filters = tf.transpose(weight, [2, 3, 1, 0]) as tf.Tensor4D; // [kh, kw, c, o]
  return tf.transpose(tf.conv2d(padded, filters, stride, "valid"), [0, 3, 1, 2]);
}

function groupedConv(x: tf.Tensor, weight: tf.Tensor, geometry: ConvGeometry): tf.Tensor {
  const xs = tf.split(x, geometry.groups, 1);
  const ws = tf.split(weight, geometry.groups, 0);
  const single = { ...geometry, groups: 1 };
  return tf.concat(
    xs.map((part, i) => plainConv(part, ws[i] as tf.Tensor, single)),
    1,
  );
}

interface Tap {
  readonly value: tf.Tensor;
  readonly row: number;
  readonly column: number;
}

/** For each kernel tap the input values it meets at every output position: `[n, c, height, width]` each. */
function taps(
  x: tf.Tensor,
  [kh, kw]: readonly [number, number],
  [height, width]: readonly [number, number],
  { stride, padding, dilation }: ConvGeometry,
  padValue: number,
): Tap[] {
  const [n = 0, c = 0, h = 0, w = 0] = x.shape;
  // pad bottom and right far enough that every strided window can be reshaped into [.., stride]
  const below = Math.max(0, dilation * (kh - 1) + height * stride - h - padding);
  const right = Math.max(0, dilation * (kw - 1) + width * stride - w - padding);
  const padded = tf.pad(
    x,
    [
      [0, 0],
      [0, 0],
      [padding, below],
      [padding, right],
    ],
    padValue,
  );
  const all: Tap[] = [];
  for (let row = 0; row < kh; row++) {
    for (let column = 0; column < kw; column++) {
      const begin = [0, 0, row * dilation, column * dilation];
      const window = tf.slice(padded, begin, [n, c, height * stride, width * stride]);
      all.push({ value: every(window, stride, height, width), row, column });
    }
  }
  return all;
}

/** Every `stride`-th row and column (tfjs's stridedSlice has no gradient). */
function every(x: tf.Tensor, stride: number, height: number, width: number): tf.Tensor {
  if (stride === 1) return x;
  const [n = 0, c = 0] = x.shape;
  const split = tf.reshape(x, [n * c, height, stride, width, stride]);
  return tf.reshape(tf.slice(split, [0, 0, 0, 0, 0], [n * c, height, 1, width, 1]), [n, c, height, width]);
}

const poolGeometry = ({ kernel, stride, padding }: PoolOptions): ConvGeometry & { kernel: number } => ({
  kernel,
  stride: stride ?? kernel,
  padding: padding ?? 0,
  dilation: 1,
  groups: 1,
});

/**
 * Max pooling; padding counts as minus infinity. On ties the gradient goes to the first maximum in row-major order.
 *
 * @param x `[n, c, h, w]`
 */
export function maxPool2d(x: tf.Tensor, options: PoolOptions): tf.Tensor {
  expectRank("maxPool2d", "x", x, 4, ["n", "c", "h", "w"]);
  const geometry = poolGeometry(options);
  if (!isNative()) return pooled(x, geometry, Number.NEGATIVE_INFINITY).reduce((a, b) => tf.maximum(a, b));
  const op = tf.customGrad((input, save) => {
    const y = runFusedOne("LejepaMaxPool", { x: input as tf.Tensor }, geometry);
    (save as tf.GradSaveFunc)([input as tf.Tensor, y]);
    return {
      value: y,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        runFusedOne("LejepaMaxPoolGrad", { dy, x: saved[0] as tf.Tensor, y: saved[1] as tf.Tensor }, geometry),
    };
  });
  return op(x);
}

/**
 * Average pooling; padding counts as zeros and is counted (PyTorch's default `count_include_pad=True`).
 *
 * @param x `[n, c, h, w]`
 */
export function averagePool2d(x: tf.Tensor, options: PoolOptions): tf.Tensor {
  expectRank("averagePool2d", "x", x, 4, ["n", "c", "h", "w"]);
  const geometry = poolGeometry(options);
  const { kernel } = geometry;
  if (!isNative()) return tf.mul(tf.addN(pooled(x, geometry, 0)), 1 / (kernel * kernel));
  // a depthwise convolution with equal weights: linear, so its gradient comes with it
  const c = x.shape[1] ?? 0;
  const weight = tf.fill([c, 1, kernel, kernel], 1 / (kernel * kernel));
  return float32(() => conv2d(x, weight, { stride: geometry.stride, padding: geometry.padding, groups: c }));
}

function pooled(x: tf.Tensor, geometry: ConvGeometry & { kernel: number }, padValue: number): tf.Tensor[] {
  const { kernel } = geometry;
  const height = outputSize(x.shape[2] ?? 0, kernel, geometry);
  const width = outputSize(x.shape[3] ?? 0, kernel, geometry);
  return taps(x, [kernel, kernel], [height, width], geometry, padValue).map(({ value }) => value);
}

// Constructors of nodes and constants; shapes are given by the caller, who knows them.
import { wrongShapes } from "../errors.ts";
import type { Attribute, Domain, ElementType, HostData, Node, Value, ValueSpec } from "./value.ts";
import { insideFloat32 } from "./region.ts";
import { elementBytes, isHalf, sameShape, sizeOf } from "./value.ts";

/** Attribute of a composite product that stays float32 whatever the precision. Lowering does not pass it on. */
export const float32Mark: Readonly<Record<string, Attribute>> = { float32: { int: 1 } };

/** Attribute constructors. */
export const int = (value: number): Attribute => ({ int: value });
export const ints = (value: readonly number[]): Attribute => ({ ints: value });
export const float = (value: number): Attribute => ({ float: value });
export const text = (value: string): Attribute => ({ text: value });

/** A node with several outputs. */
export function apply(
  op: string,
  inputs: readonly Value[],
  outputs: readonly ValueSpec[],
  attributes: Readonly<Record<string, Attribute>> = {},
  domain: Domain = "",
): Value[] {
  const made: Value[] = [];
  const node: Node = { op, domain, inputs, attributes, outputs: made };
  for (const [index, spec] of outputs.entries()) {
    made.push({ shape: spec.shape, dtype: spec.dtype, origin: { kind: "node", node, index } });
  }
  return made;
}

/** A node with one output. */
export function apply1(
  op: string,
  inputs: readonly Value[],
  output: ValueSpec,
  attributes: Readonly<Record<string, Attribute>> = {},
  domain: Domain = "",
): Value {
  return apply(op, inputs, [output], attributes, domain)[0] as Value;
}

/** A node of our own domain with one output. */
export const composite = (
  op: string,
  inputs: readonly Value[],
  output: ValueSpec,
  attributes: Readonly<Record<string, Attribute>> = {},
): Value => apply1(op, inputs, output, attributes, "lejepa");

/** A constant of the program's structure. */
export const literal = (data: HostData, shape: readonly number[], dtype: ElementType): Value => ({
  shape,
  dtype,
  origin: { kind: "literal", data },
});

/** int64 vector, as ONNX wants axes, shapes and the like. */
export const i64 = (values: readonly number[]): Value =>
  literal(
    BigInt64Array.from(values, (v) => BigInt(v)),
    [values.length],
    "int64",
  );

/** Scalar constant of a type; in 16 bits it is cast by the graph, which the runtime does once. */
export function scalar(value: number, dtype: ElementType = "float32"): Value {
  if (isHalf(dtype)) return cast(scalar(value), dtype);
  return literal(hostArray(dtype, [value]), [], dtype);
}

/** Host array of a type from numbers. */
export function hostArray(dtype: ElementType, values: ArrayLike<number>): HostData {
  if (dtype === "float32") return Float32Array.from(values);
  if (dtype === "int32") return Int32Array.from(values);
  if (dtype === "int64") return BigInt64Array.from(Array.from(values), (v) => BigInt(v));
  return Uint8Array.from(values);
}

/** Uninitialised (zero) host array of a type. */
export function emptyArray(dtype: ElementType, size: number): HostData {
  if (dtype === "float32") return new Float32Array(size);
  if (dtype === "int32") return new Int32Array(size);
  if (dtype === "int64") return new BigInt64Array(size);
  return new Uint8Array(size * elementBytes[dtype]);
}

/** A uniform tensor, as `Expand` of a scalar. */
export function uniform(value: number, shape: readonly number[], dtype: ElementType = "float32"): Value {
  if (sizeOf(shape) === 0) return literal(emptyArray(dtype, 0), shape, dtype);
  return expand(scalar(value, dtype), shape);
}

export const expand = (x: Value, shape: readonly number[]): Value =>
  sameShape(x.shape, shape) ? x : apply1("Expand", [x, i64(shape)], { shape, dtype: x.dtype });

export const reshape = (x: Value, shape: readonly number[]): Value =>
  sameShape(x.shape, shape) ? x : apply1("Reshape", [x, i64(shape)], { shape, dtype: x.dtype });

export const transpose = (x: Value, perm: readonly number[]): Value =>
  apply1("Transpose", [x], { shape: perm.map((p) => x.shape[p] as number), dtype: x.dtype }, { perm: ints(perm) });

/** NHWC to NCHW, and back. */
export const toChannelsFirst = (x: Value): Value => transpose(x, [0, 3, 1, 2]);
export const toChannelsLast = (x: Value): Value => transpose(x, [0, 2, 3, 1]);

export const cast = (x: Value, dtype: ElementType): Value =>
  x.dtype === dtype ? x : apply1("Cast", [x], { shape: x.shape, dtype }, { to: int(onnxType[dtype]) });

/** Numbers of ONNX's TensorProto.DataType. */
export const onnxType: Readonly<Record<ElementType, number>> = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  bfloat16: 16,
};

/**
 * Shape of two broadcast operands (NumPy's rule).
 *
 * @throws LejepaError E_SHAPE when they do not fit
 */
export function broadcast(a: readonly number[], b: readonly number[], op = "broadcast"): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a[a.length - rank + i] ?? 1;
    const y = b[b.length - rank + i] ?? 1;
    if (x !== y && x !== 1 && y !== 1) throw wrongShapes(op, "shapes that broadcast", [a, b]);
    return x === 1 ? y : x;
  });
}

/** Elementwise binary node with broadcasting. */
export const binary = (op: string, a: Value, b: Value, dtype: ElementType = a.dtype): Value =>
  apply1(op, [a, b], { shape: broadcast(a.shape, b.shape, op), dtype });

/** Elementwise unary node. */
export const unary = (op: string, x: Value, dtype: ElementType = x.dtype): Value =>
  apply1(op, [x], { shape: x.shape, dtype });

/** Reduction over `axes`. */
export function reduce(op: string, x: Value, axes: readonly number[], keepDims: boolean): Value {
  const shape = x.shape.map((extent, i) => (axes.includes(i) ? 1 : extent));
  const kept = keepDims ? shape : shape.filter((_, i) => !axes.includes(i));
  return apply1(op, [x, i64(axes)], { shape: kept, dtype: x.dtype }, { keepdims: int(keepDims ? 1 : 0) });
}

/** Contiguous slice `[begin, begin + size)` on every axis. */
export function slice(x: Value, begin: readonly number[], size: readonly number[]): Value {
  const axes = size.map((_, i) => i).filter((i) => begin[i] !== 0 || size[i] !== x.shape[i]);
  if (axes.length === 0) return x;
  const starts = axes.map((i) => begin[i] as number);
  const ends = axes.map((i) => (begin[i] as number) + (size[i] as number));
  return apply1("Slice", [x, i64(starts), i64(ends), i64(axes)], { shape: [...size], dtype: x.dtype });
}

/** Zero (or `value`) padding, `[before, after]` on each axis. */
export function pad(x: Value, paddings: readonly (readonly [number, number])[], value = 0): Value {
  if (paddings.every(([before, after]) => before === 0 && after === 0)) return x;
  const shape = x.shape.map((extent, i) => extent + (paddings[i]?.[0] ?? 0) + (paddings[i]?.[1] ?? 0));
  const amounts = i64([...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)]);
  return apply1("Pad", [x, amounts, scalar(value, x.dtype)], { shape, dtype: x.dtype });
}

/** Concatenation along `axis`. */
export function concat(parts: readonly Value[], axis: number): Value {
  const [first] = parts as [Value];
  if (parts.length === 1) return first;
  const shape = [...first.shape];
  shape[axis] = parts.reduce((sum, part) => sum + (part.shape[axis] as number), 0);
  return apply1("Concat", parts, { shape, dtype: first.dtype }, { axis: int(axis) });
}

/** Options of {@link matMul}. */
export interface MatMulOptions {
  readonly transA?: boolean;
  readonly transB?: boolean;
  readonly alpha?: number;
  /** Kept in float32 whatever the precision; default: where the kernel was called inside `float32`. */
  readonly float32?: boolean;
}

/** `alpha * op(a) op(b)` over the last two axes, leading axes broadcast. */
export function matMul(
  a: Value,
  b: Value,
  { transA = false, transB = false, alpha = 1, float32 = insideFloat32() }: MatMulOptions = {},
): Value {
  const rows = a.shape.at(transA ? -1 : -2) as number;
  const columns = b.shape.at(transB ? -2 : -1) as number;
  const inner = [a.shape.at(transA ? -2 : -1), b.shape.at(transB ? -1 : -2)];
  if (a.shape.length < 2 || b.shape.length < 2 || inner[0] !== inner[1]) {
    throw wrongShapes("MatMul", "matrices whose inner extents agree", [a.shape, b.shape]);
  }
  const batch = broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2), "MatMul");
  const attributes = {
    transA: int(Number(transA)),
    transB: int(Number(transB)),
    alpha: float(alpha),
    ...(float32 && float32Mark),
  };
  return composite("MatMul", [a, b], { shape: [...batch, rows, columns], dtype: a.dtype }, attributes);
}

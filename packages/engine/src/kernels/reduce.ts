// Reductions, arg-reductions, cumulative ops, softmax, sorting.
import type * as tf from "@tensorflow/tfjs";
import { apply, apply1, binary, cast, i64, int, reduce, scalar, unary, uniform } from "../graph/build.ts";
import type { Value } from "../graph/value.ts";
import { sizeOf } from "../graph/value.ts";
import { axesOf, axisOf, input, type Kernel, type KernelTable, kernel } from "./registry.ts";

interface ReductionAttributes {
  readonly axis?: number | number[] | null;
  /** What tfjs calls the axes of max. */
  readonly reductionIndices?: number | number[];
  readonly keepDims?: boolean;
}

/** A reduction; over no elements it is `empty`. */
const reduction = (op: string, empty: number, prepare: (x: Value) => Value = (x) => x): Kernel =>
  kernel<ReductionAttributes>((inputs, { axis, reductionIndices, keepDims }) => {
    const x = prepare(input(inputs, "x"));
    const axes = axesOf(axis ?? reductionIndices, x.shape.length);
    if (axes.length === 0) return x;
    const reduced = reduce(op, x, axes, keepDims ?? false);
    return sizeOf(x.shape) === 0 ? uniform(empty, reduced.shape, x.dtype) : reduced;
  });

const numberLike = (x: Value): Value => (x.dtype === "bool" ? cast(x, "int32") : x);

/** any / all, through 0 and 1. */
const truth = (op: string, empty: number): Kernel => {
  const counted = reduction(op, empty, (x) => cast(cast(x, "bool"), "int32"));
  return (inputs, attributes) => cast(counted(inputs, attributes) as Value, "bool");
};

/** Max and min of ORT may pass over a NaN; tfjs's do not. */
const extreme = (op: string, empty: number): Kernel => {
  const plain = reduction(op, empty, numberLike);
  const hasNaN = reduction("ReduceMax", 0, (x) => cast(unary("IsNaN", x, "bool"), "int32"));
  return (inputs, attributes) => {
    const reduced = plain(inputs, attributes) as Value;
    if (input(inputs, "x").dtype !== "float32") return reduced;
    const condition = cast(hasNaN(inputs, attributes) as Value, "bool");
    return apply1("Where", [condition, scalar(Number.NaN), reduced], reduced);
  };
};

/** x with NaN as `value`. */
const withoutNaN = (x: Value, value: number): Value =>
  x.dtype === "float32" ? apply1("Where", [unary("IsNaN", x, "bool"), scalar(value), x], x) : x;

/** The first place of the largest (smallest) value; NaN never is, as in tfjs. */
const argReduction = (op: "ArgMax" | "ArgMin"): Kernel =>
  kernel<tf.ArgMaxAttrs>((inputs, attributes) => {
    const x = withoutNaN(numberLike(input(inputs, "x")), op === "ArgMax" ? -Infinity : Infinity);
    const [axis = 0] = axesOf(attributes.axis ?? 0, x.shape.length);
    if (x.shape.length === 0) return scalar(0, "int32");
    const shape = x.shape.filter((_, i) => i !== axis);
    const found = apply1(op, [x], { shape, dtype: "int64" }, { axis: int(axis), keepdims: int(0) });
    return cast(found, "int32");
  });

const cumulativeSum = kernel<tf.CumsumAttrs>((inputs, { axis, exclusive, reverse }) => {
  const x = input(inputs, "x");
  if (x.shape.length === 0) return x;
  const along = scalar(axisOf(axis, x.shape.length), "int64");
  return apply1("CumSum", [x, along], x, { exclusive: int(Number(exclusive)), reverse: int(Number(reverse)) });
});

/** Cumulative product by doubling: log2(n) shifted products. */
const cumulativeProduct = kernel<tf.CumprodAttrs>((inputs, { axis, exclusive, reverse }) => {
  const x = input(inputs, "x");
  if (x.shape.length === 0) return x;
  const along = axisOf(axis, x.shape.length);
  let product = exclusive ? shifted(x, along, 1, reverse) : x;
  for (let step = 1; step < (x.shape[along] as number); step *= 2) {
    product = binary("Mul", product, shifted(product, along, step, reverse));
  }
  return product;
});

/** `x` moved by `step` along `axis`, ones moving in. */
function shifted(x: Value, axis: number, step: number, reverse: boolean): Value {
  const extent = x.shape[axis] as number;
  const kept = Math.max(0, extent - step);
  const shape = x.shape.map((e, i) => (i === axis ? kept : e));
  const start = reverse ? Math.min(step, extent) : 0;
  const part = apply1("Slice", [x, i64([start]), i64([start + kept]), i64([axis])], { shape, dtype: x.dtype });
  const missing = Math.min(step, extent);
  const before = x.shape.map((_, i) => (i === axis && !reverse ? missing : 0));
  const after = x.shape.map((_, i) => (i === axis && reverse ? missing : 0));
  return apply1("Pad", [part, i64([...before, ...after]), scalar(1, x.dtype)], x);
}

const softmax = kernel<tf.SoftmaxAttrs>((inputs, { dim }) => {
  const x = cast(input(inputs, "logits"), "float32");
  return apply1("Softmax", [x], x, { axis: int(axisOf(dim, x.shape.length)) });
});

const logSoftmax = kernel<tf.LogSoftmaxAttrs>((inputs, { axis }) => {
  const x = cast(input(inputs, "logits"), "float32");
  return apply1("LogSoftmax", [x], x, { axis: int(axisOf(axis, x.shape.length)) });
});

// sorted whatever was asked for: tfjs's order among equal values is by place, which ORT keeps only when it sorts
const topK = kernel<tf.TopKAttrs>((inputs, { k }) => {
  const x = numberLike(input(inputs, "x"));
  const shape = [...x.shape.slice(0, -1), k];
  const attributes = { axis: int(-1), largest: int(1), sorted: int(1) };
  const [values, indices] = apply(
    "TopK",
    [x, i64([k])],
    [
      { shape, dtype: x.dtype },
      { shape, dtype: "int64" },
    ],
    attributes,
  );
  return [values as Value, cast(indices as Value, "int32")];
});

const mean = kernel<ReductionAttributes>((inputs, { axis, keepDims }) => {
  const x = cast(input(inputs, "x"), "float32");
  const axes = axesOf(axis, x.shape.length);
  if (axes.length === 0) return x;
  const reduced = reduce("ReduceMean", x, axes, keepDims ?? false);
  return sizeOf(x.shape) === 0 ? uniform(Number.NaN, reduced.shape) : reduced;
});

/** All reductions. */
export const reductions: KernelTable = {
  Sum: reduction("ReduceSum", 0, numberLike),
  Mean: mean,
  Max: extreme("ReduceMax", Number.NEGATIVE_INFINITY),
  Min: extreme("ReduceMin", Number.POSITIVE_INFINITY),
  Prod: reduction("ReduceProd", 1, numberLike),
  Any: truth("ReduceMax", 0),
  All: truth("ReduceMin", 1),
  ArgMax: argReduction("ArgMax"),
  ArgMin: argReduction("ArgMin"),
  Cumsum: cumulativeSum,
  Cumprod: cumulativeProduct,
  Softmax: softmax,
  LogSoftmax: logSoftmax,
  TopK: topK,
};

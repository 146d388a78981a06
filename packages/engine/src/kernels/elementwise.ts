// Elementwise kernels: unary, binary, comparisons, selection.
import type * as tf from "@tensorflow/tfjs";
import { apply1, binary, broadcast, cast, composite, expand, float, reshape, scalar, unary } from "../graph/build.ts";
import type { ElementType, Value } from "../graph/value.ts";
import { input, type Kernel, type KernelTable, kernel } from "./registry.ts";

/** A float op: integers and booleans are converted first. */
const floating =
  (make: (x: Value) => Value): Kernel =>
  (inputs) =>
    make(cast(input(inputs, "x"), "float32"));

const onFloats = (op: string): Kernel => floating((x) => unary(op, x));

/** An op that leaves integers as they are. */
const rounding =
  (op: string): Kernel =>
  (inputs) => {
    const x = input(inputs, "x");
    return x.dtype === "float32" ? unary(op, x) : x;
  };

/** An op that ORT has for float32 and int32. */
const numeric =
  (op: string): Kernel =>
  (inputs) => {
    const x = input(inputs, "x");
    return unary(op, x.dtype === "bool" ? cast(x, "int32") : x);
  };

const predicate =
  (make: (x: Value) => Value): Kernel =>
  (inputs) =>
    make(input(inputs, "x"));

const isNan = (x: Value): Value =>
  x.dtype === "float32" ? unary("IsNaN", x, "bool") : expand(scalar(0, "bool"), x.shape);
const isInf = (x: Value): Value =>
  x.dtype === "float32" ? unary("IsInf", x, "bool") : expand(scalar(0, "bool"), x.shape);
const not = (x: Value): Value => unary("Not", cast(x, "bool"), "bool");
const where = (condition: Value, a: Value, b: Value): Value => {
  const shape = broadcast(condition.shape, broadcast(a.shape, b.shape));
  return apply1("Where", [cast(condition, "bool"), a, b], { shape, dtype: a.dtype });
};
/** NaN where `x` is NaN, else `y`: for ops whose ONNX form drops NaN. */
const keepNaN = (x: Value, y: Value): Value => where(isNan(x), x, y);

const numericPair = (a: Value, b: Value): [Value, Value] => {
  const dtype: ElementType = a.dtype === "float32" || b.dtype === "float32" ? "float32" : "int32";
  return [cast(a, dtype), cast(b, dtype)];
};

const arithmetic =
  (make: (a: Value, b: Value) => Value): Kernel =>
  (inputs) =>
    make(...numericPair(input(inputs, "a"), input(inputs, "b")));

const comparison = (op: string): Kernel => arithmetic((a, b) => binary(op, a, b, "bool"));

const logical =
  (op: string): Kernel =>
  (inputs) =>
    binary(op, cast(input(inputs, "a"), "bool"), cast(input(inputs, "b"), "bool"), "bool");

/** Integer division rounding down; ONNX's integer Div truncates. */
function floorDivide(a: Value, b: Value): Value {
  const quotient = unary("Floor", binary("Div", cast(a, "float32"), cast(b, "float32")));
  return cast(quotient, a.dtype);
}

/** Remainder with the divisor's sign, as Python and tfjs have it. */
function modulo(a: Value, b: Value): Value {
  if (a.dtype === "int32") return binary("Mod", a, b);
  return binary("Sub", a, binary("Mul", b, unary("Floor", binary("Div", a, b))));
}

/** Angle of (x, y) from the quotient's arc tangent and the signs. */
function atan2(y: Value, x: Value): Value {
  const base = unary("Atan", binary("Div", y, x));
  const negativeX = binary("Less", x, scalar(0), "bool");
  const negativeY = binary("Less", y, scalar(0), "bool");
  const turn = where(negativeY, scalar(-Math.PI), scalar(Math.PI));
  const full = where(negativeX, binary("Add", base, turn), base);
  const bothZero = binary("And", binary("Equal", x, scalar(0), "bool"), binary("Equal", y, scalar(0), "bool"), "bool");
  return where(bothZero, binary("Mul", y, scalar(0)), full);
}

function clip(x: Value, low: number, high: number): Value {
  // keeps NaN on the CPU
  return apply1("Clip", [x, scalar(low, x.dtype), scalar(high, x.dtype)], x);
}

const square = (x: Value): Value => binary("Mul", x, x);

const selu = { alpha: float(1.6732632423543772), gamma: float(1.0507009873554805) };

/** Unary kernels. */
const unaryKernels: KernelTable = {
  Abs: numeric("Abs"),
  Acos: onFloats("Acos"),
  Acosh: onFloats("Acosh"),
  Asin: onFloats("Asin"),
  Asinh: onFloats("Asinh"),
  Atan: onFloats("Atan"),
  Atanh: onFloats("Atanh"),
  Ceil: rounding("Ceil"),
  Cos: onFloats("Cos"),
  Cosh: onFloats("Cosh"),
  Elu: floating((x) => unary("Elu", x)),
  Erf: onFloats("Erf"),
  Exp: onFloats("Exp"),
  Expm1: floating((x) => binary("Sub", unary("Exp", x), scalar(1))),
  Floor: rounding("Floor"),
  Identity: (inputs) => input(inputs, "x"),
  IsFinite: predicate((x) => not(binary("Or", isNan(x), isInf(x), "bool"))),
  IsInf: predicate(isInf),
  IsNan: predicate(isNan),
  LeakyRelu: kernel<tf.LeakyReluAttrs>((inputs, { alpha }) => {
    const x = cast(input(inputs, "x"), "float32");
    return apply1("LeakyRelu", [x], x, { alpha: float(alpha) });
  }),
  Log: onFloats("Log"),
  Log1p: floating((x) => unary("Log", binary("Add", x, scalar(1)))),
  LogicalNot: (inputs) => not(input(inputs, "x")),
  Neg: numeric("Neg"),
  Reciprocal: onFloats("Reciprocal"),
  Relu: (inputs) => {
    const x = input(inputs, "x");
    return x.dtype === "float32" ? unary("Relu", x) : binary("Max", cast(x, "int32"), scalar(0, "int32"));
  },
  Relu6: (inputs) => {
    const x = input(inputs, "x");
    return cast(clip(cast(x, "float32"), 0, 6), x.dtype === "bool" ? "int32" : x.dtype);
  },
  Round: rounding("Round"),
  Rsqrt: floating((x) => unary("Reciprocal", unary("Sqrt", x))),
  Selu: floating((x) => apply1("Selu", [x], x, selu)),
  Sigmoid: onFloats("Sigmoid"),
  // 0 for NaN, as tfjs has it
  Sign: floating((x) => where(isNan(x), scalar(0), unary("Sign", x))),
  Sin: onFloats("Sin"),
  Sinh: onFloats("Sinh"),
  Softplus: onFloats("Softplus"),
  Sqrt: onFloats("Sqrt"),
  Square: (inputs) => square(input(inputs, "x")),
  Step: kernel<tf.StepAttrs>((inputs, { alpha }) => {
    const x = input(inputs, "x");
    const real = cast(x, "float32");
    if (alpha === 0) return cast(composite("Step", [real], real), x.dtype === "bool" ? "int32" : x.dtype);
    const step = where(binary("Greater", real, scalar(0), "bool"), scalar(1), scalar(alpha));
    return cast(keepNaN(real, step), x.dtype === "bool" ? "int32" : x.dtype);
  }),
  Tan: onFloats("Tan"),
  Tanh: onFloats("Tanh"),
  ClipByValue: kernel<tf.ClipByValueAttrs>((inputs, { clipValueMin, clipValueMax }) =>
    clip(input(inputs, "x"), clipValueMin, clipValueMax),
  ),
  Cast: kernel<tf.CastAttrs>((inputs, { dtype }) => cast(input(inputs, "x"), dtype as ElementType)),
};

/** Binary kernels. */
const binaryKernels: KernelTable = {
  Add: arithmetic((a, b) => binary("Add", a, b)),
  Sub: arithmetic((a, b) => binary("Sub", a, b)),
  Multiply: arithmetic((a, b) => binary("Mul", a, b)),
  RealDiv: (inputs) => binary("Div", cast(input(inputs, "a"), "float32"), cast(input(inputs, "b"), "float32")),
  FloorDiv: arithmetic(floorDivide),
  Mod: arithmetic(modulo),
  Pow: arithmetic((a, b) => binary("Pow", a, b)),
  Maximum: arithmetic((a, b) => binary("Max", a, b)),
  Minimum: arithmetic((a, b) => binary("Min", a, b)),
  SquaredDifference: arithmetic((a, b) => square(binary("Sub", a, b))),
  Atan2: arithmetic(atan2),
  Greater: comparison("Greater"),
  GreaterEqual: comparison("GreaterOrEqual"),
  Less: comparison("Less"),
  LessEqual: comparison("LessOrEqual"),
  Equal: comparison("Equal"),
  NotEqual: arithmetic((a, b) => not(binary("Equal", a, b, "bool"))),
  LogicalAnd: logical("And"),
  LogicalOr: logical("Or"),
  LogicalXor: logical("Xor"),
  Prelu: (inputs) => {
    const x = cast(input(inputs, "x"), "float32");
    const alpha = cast(input(inputs, "alpha"), "float32");
    return where(binary("Less", x, scalar(0), "bool"), binary("Mul", x, alpha), x);
  },
  EluGrad: (inputs) => {
    const y = input(inputs, "y");
    const slope = where(binary("Less", y, scalar(0), "bool"), binary("Add", y, scalar(1)), scalar(1));
    return binary("Mul", input(inputs, "dy"), slope);
  },
  AddN: (inputs) => Object.values(inputs).reduce((a, b) => binary("Add", a, b)),
  Select: (inputs) => {
    const condition = input(inputs, "condition");
    const t = input(inputs, "t");
    const aligned =
      condition.shape.length === 1 && t.shape.length > 1 ? alignRows(condition, t.shape.length) : condition;
    return where(aligned, t, cast(input(inputs, "e"), t.dtype));
  },
};

/** A rank-1 condition selects whole rows. */
function alignRows(condition: Value, rank: number): Value {
  const shape = [condition.shape[0] as number, ...Array<number>(rank - 1).fill(1)];
  return reshape(condition, shape);
}

/** All elementwise kernels. */
export const elementwise: KernelTable = { ...unaryKernels, ...binaryKernels };

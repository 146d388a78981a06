// Cases of the elementwise kernels: rank 0, 1-sized and empty axes, broadcasting, other types, NaN and infinities.
import * as tf from "@tensorflow/tfjs";
import { bools, floats, ints, type OpEntry, type OpTable, opCase, specials, values } from "./case.ts";

type Unary = (x: tf.Tensor) => tf.Tensor;
type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

interface Domain {
  readonly low?: number;
  readonly high?: number;
  /** Without the case of NaN and infinities, where the two backends may differ. */
  readonly ordinary?: boolean;
  readonly integers?: boolean;
  readonly tolerance?: number;
  /** WGSL's own promise for trigonometry is an absolute error of 2^-11. */
  readonly webgpuTolerance?: number;
}

function unary(
  op: Unary,
  { low = -2, high = 2, ordinary = false, integers = false, tolerance = 2e-5, webgpuTolerance }: Domain = {},
): OpEntry {
  const cases = [
    opCase("odd shape", [floats([3, 1, 5], low, high)], op, { tolerance }),
    opCase("scalar", [floats([], low, high)], op, { tolerance }),
    opCase("empty axis", [floats([0, 3], low, high)], op),
  ];
  if (!ordinary) cases.push(opCase("NaN and infinities", [specials()], op, { special: true, tolerance }));
  if (integers) cases.push(opCase("int32", [ints([2, 3])], op));
  return webgpuTolerance === undefined ? { cases } : { cases, webgpuTolerance, note: "webgpu: trigonometry to 1e-3" };
}

function binary(
  op: Binary,
  { low = -2, high = 2, ordinary = false, integers = false, tolerance = 2e-5 }: Domain = {},
): OpEntry {
  const operand = (shape: readonly number[]) => floats(shape, low, high);
  const cases = [
    opCase("same shape", [operand([3, 5]), operand([3, 5])], op, { tolerance }),
    opCase("broadcast both ways", [operand([4, 1, 3]), operand([2, 1])], op, { tolerance }),
    opCase("scalar", [operand([2, 3]), operand([])], op, { tolerance }),
    opCase("empty axis", [operand([0, 3]), operand([1, 3])], op),
  ];
  if (!ordinary)
    cases.push(
      opCase("NaN and infinities", [specials(), values([1, 2, 0.5, 1, Number.NaN, 3])], op, { special: true }),
    );
  if (integers) cases.push(opCase("int32", [ints([2, 3]), ints([2, 3], 1, 4)], op));
  return { cases };
}

const logical = (op: Binary): OpEntry => ({
  cases: [
    opCase("same shape", [bools([2, 5]), bools([2, 5])], op),
    opCase("broadcast", [bools([4, 1]), bools([3])], op),
    opCase("empty axis", [bools([0]), bools([1])], op),
  ],
});

const native = (): boolean => tf.getBackend() === "onnx";
const xor: Binary = (a, b) =>
  native() ? tf.engine().runKernel<tf.Tensor>("LogicalXor", { a, b }) : tf.logicalXor(a, b);

const unaryOps: OpTable = {
  Abs: unary(tf.abs, { integers: true }),
  Acos: unary(tf.acos, { webgpuTolerance: 1e-3, low: -1, high: 1 }),
  Acosh: unary(tf.acosh, { low: 1.1, high: 5 }),
  Asin: unary(tf.asin, { webgpuTolerance: 1e-3, low: -1, high: 1 }),
  Asinh: unary(tf.asinh, { ordinary: true }),
  Atan: unary(tf.atan),
  Atanh: unary(tf.atanh, { low: -0.9, high: 0.9 }),
  Ceil: unary(tf.ceil),
  Cos: unary(tf.cos, { webgpuTolerance: 1e-3 }),
  Cosh: unary(tf.cosh),
  Elu: unary(tf.elu),
  Erf: unary(tf.erf, { ordinary: true }),
  Exp: unary(tf.exp),
  Expm1: unary(tf.expm1),
  Floor: unary(tf.floor),
  Identity: unary((x) => tf.clone(x)),
  IsFinite: unary(tf.isFinite),
  IsInf: unary(tf.isInf),
  IsNan: unary(tf.isNaN),
  LeakyRelu: unary((x) => tf.leakyRelu(x, 0.3)),
  Log: unary(tf.log, { low: 0.1, high: 5 }),
  Log1p: unary(tf.log1p, { low: -0.9 }),
  LogicalNot: { cases: [opCase("bool", [bools([3, 4])], tf.logicalNot), opCase("empty", [bools([0])], tf.logicalNot)] },
  Neg: unary(tf.neg, { integers: true }),
  Reciprocal: unary(tf.reciprocal, { low: 0.5 }),
  Relu: unary(tf.relu, { integers: true }),
  Relu6: unary(tf.relu6, { low: -4, high: 9 }),
  Round: unary((x) => tf.round(x), { ordinary: true }),
  Rsqrt: unary(tf.rsqrt, { low: 0.1 }),
  Selu: unary(tf.selu, { ordinary: true }),
  Sigmoid: unary(tf.sigmoid),
  Sign: unary(tf.sign, { ordinary: true }),
  Sin: unary(tf.sin, { webgpuTolerance: 1e-3 }),
  Sinh: unary(tf.sinh),
  Softplus: unary(tf.softplus, { low: -30, high: 30 }),
  Sqrt: unary(tf.sqrt, { low: 0 }),
  Square: unary(tf.square, { integers: true }),
  Step: { cases: [...unary(tf.step).cases, opCase("slope", [floats([2, 3])], (x) => tf.step(x, 0.25))] },
  Tan: unary(tf.tan, { low: -1, high: 1 }),
  Tanh: unary(tf.tanh),
  ClipByValue: unary((x) => tf.clipByValue(x, -0.5, 1.25)),
  Cast: {
    cases: [
      opCase("float to int", [values([-1.7, -0.2, 0, 0.9, 3.6])], (x) => tf.cast(x, "int32")),
      opCase("float to bool", [values([-1.7, 0, 0.5])], (x) => tf.cast(x, "bool")),
      opCase("int to float", [ints([2, 3])], (x) => tf.cast(x, "float32")),
      opCase("bool to float", [bools([4])], (x) => tf.cast(x, "float32")),
      opCase("bool to int", [bools([4])], (x) => tf.cast(x, "int32")),
    ],
  },
};

const binaryOps: OpTable = {
  Add: binary(tf.add, { integers: true }),
  Sub: binary(tf.sub, { integers: true }),
  Multiply: binary(tf.mul, { integers: true }),
  RealDiv: binary(tf.div, { low: 0.5, high: 3 }),
  FloorDiv: binary(tf.floorDiv, { low: 0.5, high: 3, ordinary: true, integers: true }),
  Mod: binary(tf.mod, { low: 0.5, high: 3, ordinary: true, integers: true }),
  Pow: binary(tf.pow, { low: 0.2, ordinary: true, integers: true, tolerance: 1e-4 }),
  Maximum: binary(tf.maximum, { integers: true }),
  Minimum: binary(tf.minimum, { integers: true }),
  SquaredDifference: binary(tf.squaredDifference, { integers: true }),
  Atan2: {
    cases: [
      ...binary(tf.atan2, { ordinary: true }).cases,
      opCase("axes", [values([0, 0, 1, -1, 0]), values([1, -1, 0, 0, 0])], tf.atan2),
    ],
  },
  Greater: binary(tf.greater, { integers: true }),
  GreaterEqual: binary(tf.greaterEqual, { integers: true }),
  Less: binary(tf.less, { integers: true }),
  LessEqual: binary(tf.lessEqual, { integers: true }),
  Equal: binary(tf.equal, { integers: true }),
  NotEqual: binary(tf.notEqual, { integers: true }),
  LogicalAnd: logical(tf.logicalAnd),
  LogicalOr: logical(tf.logicalOr),
  LogicalXor: logical(xor),
  Prelu: binary(tf.prelu, { ordinary: true }),
  EluGrad: unary((x) => tf.grad((y: tf.Tensor) => tf.elu(y))(x), { ordinary: true }),
  AddN: {
    cases: [
      opCase("three", [floats([2, 3]), floats([2, 3]), floats([2, 3])], (...parts) => tf.addN(parts)),
      opCase("one", [floats([3])], (...parts) => tf.addN(parts)),
    ],
  },
  Select: {
    cases: [
      opCase("same shape", [bools([3, 4]), floats([3, 4]), floats([3, 4])], (c, a, b) =>
        tf.where(c as tf.Tensor, a as tf.Tensor, b as tf.Tensor),
      ),
      opCase("int32", [bools([5]), ints([5]), ints([5], 0, 9)], (c, a, b) =>
        tf.where(c as tf.Tensor, a as tf.Tensor, b as tf.Tensor),
      ),
      opCase(
        "NaN not chosen",
        [bools([6]), floats([6]), specials()],
        (c, a, b) => tf.where(c as tf.Tensor, a as tf.Tensor, b as tf.Tensor),
        {
          special: true,
        },
      ),
    ],
  },
};

/** Cases of all elementwise kernels. */
export const elementwiseCases: OpTable = { ...unaryOps, ...binaryOps };

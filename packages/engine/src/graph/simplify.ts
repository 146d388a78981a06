// Algebraic simplification: what tfjs's gradients leave behind (full-size ones and zeros, casts, reshapes of reshapes,
// transposes before products) disappears here. Rules keep float semantics: x*0 stays, since x may be NaN.
import {
  apply1,
  binary,
  broadcast,
  cast,
  emptyArray,
  expand,
  literal,
  matMul,
  reduce,
  reshape,
  scalar,
  transpose,
  unary,
  uniform,
} from "./build.ts";
import { rewrite } from "./rewrite.ts";
import type { HostData, Node, Value } from "./value.ts";
import { isHalf, producer, sameShape, sizeOf } from "./value.ts";

/** Simplifies until nothing changes (at most a few passes; each is linear). */
export function simplify(outputs: readonly Value[]): Value[] {
  let current = [...outputs];
  for (let pass = 0; pass < 4; pass++) {
    const next = rewrite(current, simplifyNode);
    if (next.every((value, i) => value === current[i])) break;
    current = next;
  }
  return current;
}

type Simplifier = (node: Node, inputs: readonly Value[]) => Value | undefined;

function simplifyNode(node: Node, inputs: readonly Value[]): readonly Value[] | undefined {
  const [output] = node.outputs as [Value];
  if (node.outputs.every(({ shape }) => sizeOf(shape) === 0)) {
    return node.outputs.map(({ shape, dtype }) => literal(emptyArray(dtype, 0), shape, dtype));
  }
  const specific = rules[node.op]?.(node, inputs);
  if (specific !== undefined) return [specific];
  if (node.outputs.length > 1) return undefined;
  const folded = foldUniform(node, inputs) ?? sinkExpand(node, inputs);
  return folded === undefined ? undefined : [expand(folded, output.shape)];
}

const uniformCache = new WeakMap<HostData, number | null>();

/** The one value of all elements, when there is one and it is known. */
export function uniformOf(value: Value): number | undefined {
  const { origin } = value;
  if (origin.kind === "node") {
    const isSpread = origin.node.op === "Expand" || origin.node.op === "Reshape";
    return isSpread ? uniformOf(origin.node.inputs[0] as Value) : undefined;
  }
  if (origin.kind === "input") return undefined;
  let known = uniformCache.get(origin.data);
  if (known === undefined) {
    known = scanUniform(origin.data);
    uniformCache.set(origin.data, known);
  }
  return known ?? undefined;
}

function scanUniform(data: HostData): number | null {
  if (data.length === 0 || data instanceof BigInt64Array) return null;
  const first = data[0] as number;
  if (Number.isNaN(first) || Object.is(first, -0)) return null;
  for (let i = 1; i < data.length; i++) if (data[i] !== first) return null;
  return first;
}

const foldable: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
  Neg: (a) => -a,
  Sqrt: Math.sqrt,
  Reciprocal: (a) => 1 / a,
};

/** Arithmetic on uniform floats is done here, on one element. */
function foldUniform(node: Node, inputs: readonly Value[]): Value | undefined {
  const fold = foldable[node.op];
  const [output] = node.outputs as [Value];
  if (fold === undefined || node.domain !== "" || output.dtype !== "float32") return undefined;
  const values = inputs.map(uniformOf);
  if (values.some((v) => v === undefined)) return undefined;
  const result = Math.fround(fold(values[0] as number, values[1] ?? 0));
  return Number.isNaN(result) ? undefined : scalar(result);
}

const ELEMENTWISE_BINARY = new Set([
  "Add",
  "Sub",
  "Mul",
  "Div",
  "Max",
  "Min",
  "Pow",
  "Greater",
  "GreaterOrEqual",
  "Less",
  "LessOrEqual",
  "Equal",
  "And",
  "Or",
]);
const ELEMENTWISE_UNARY = new Set([
  "Neg",
  "Exp",
  "Log",
  "Sqrt",
  "Cos",
  "Sin",
  "Erf",
  "Relu",
  "Tanh",
  "Sigmoid",
  "Reciprocal",
  "Abs",
  "Cast",
  "Not",
]);

/** f(expand(x)) = expand(f(x)); a broadcast operand needs no expansion of its own. */
function sinkExpand(node: Node, inputs: readonly Value[]): Value | undefined {
  if (node.domain !== "") return undefined;
  const [output] = node.outputs as [Value];
  const [a, b] = inputs as [Value, Value | undefined];
  if (ELEMENTWISE_UNARY.has(node.op)) {
    const source = expanded(a);
    if (source === undefined) return undefined;
    return apply1(node.op, [source], { shape: source.shape, dtype: output.dtype }, node.attributes);
  }
  if (!ELEMENTWISE_BINARY.has(node.op) || b === undefined) return undefined;
  const left = thin(a);
  const right = thin(b);
  return left === a && right === b ? undefined : binary(node.op, left, right, output.dtype);
}

const expanded = (value: Value): Value | undefined => producer(value, "Expand")?.inputs[0];

/** Smallest broadcastable form of an operand; a uniform one becomes a scalar. */
function thin(value: Value): Value {
  if (value.shape.length > 0 && value.dtype !== "bool") {
    const constant = uniformOf(value);
    if (constant !== undefined) return scalar(constant, value.dtype);
  }
  return expanded(value) ?? value;
}

const isUniform = (value: Value, constant: number): boolean => uniformOf(value) === constant;

/** `x`, spread to the node's shape. */
const spread = (x: Value, node: Node): Value => expand(x, (node.outputs[0] as Value).shape);

const first = (inputs: readonly Value[]): Value => inputs[0] as Value;
const second = (inputs: readonly Value[]): Value => inputs[1] as Value;
const perm = (node: Node): readonly number[] => (node.attributes.perm as { ints: readonly number[] }).ints;
const literalInts = (value: Value): number[] | undefined =>
  value.origin.kind === "literal" && value.origin.data instanceof BigInt64Array
    ? Array.from(value.origin.data, Number)
    : undefined;

function simplifyReshape(node: Node, inputs: readonly Value[]): Value | undefined {
  const x = first(inputs);
  const { shape } = node.outputs[0] as Value;
  if (sameShape(x.shape, shape)) return x;
  const inner = producer(x, "Reshape");
  if (inner !== undefined) return reshape(first(inner.inputs), shape);
  const constant = x.dtype === "float32" && producer(x, "Expand") !== undefined ? uniformOf(x) : undefined;
  return constant === undefined ? undefined : uniform(constant, shape);
}

function simplifyTranspose(node: Node, inputs: readonly Value[]): Value | undefined {
  const x = first(inputs);
  const order = perm(node);
  if (order.every((p, i) => p === i)) return x;
  const inner = producer(x, "Transpose");
  if (inner !== undefined) {
    const before = perm(inner);
    return transpose(
      first(inner.inputs),
      order.map((p) => before[p] as number),
    );
  }
  // only axes of extent 1 move: the bytes stay
  const moved = order.filter((p) => x.shape[p] !== 1);
  return moved.every((p, i) => i === 0 || p > (moved[i - 1] as number))
    ? reshape(x, (node.outputs[0] as Value).shape)
    : undefined;
}

function simplifyCast(node: Node, inputs: readonly Value[]): Value | undefined {
  const x = first(inputs);
  const { dtype } = node.outputs[0] as Value;
  if (x.dtype === dtype) return x;
  const inner = producer(x, "Cast");
  if (inner === undefined) return undefined;
  const source = first(inner.inputs);
  if (x.dtype === "float32" && source.dtype === dtype && isHalf(dtype)) return source;
  const widened = x.dtype === "int32" && (source.dtype === "uint8" || source.dtype === "bool");
  return widened ? cast(source, dtype) : undefined;
}

function simplifyReduction(node: Node, inputs: readonly Value[]): Value | undefined {
  const x = first(inputs);
  const axes = literalInts(second(inputs)) ?? [];
  const { shape } = node.outputs[0] as Value;
  if (axes.every((axis) => x.shape[axis] === 1)) return reshape(x, shape);
  const constant = producer(x, "Expand") === undefined ? undefined : uniformOf(x);
  if (constant === undefined || x.dtype !== "float32") return undefined;
  const count = axes.reduce((product, axis) => product * (x.shape[axis] as number), 1);
  return uniform(node.op === "ReduceSum" ? Math.fround(constant * count) : constant, shape);
}

/** Sum over axes of a broadcast product etc. stays; a sum over an expanded axis is a multiple. */
function simplifySum(node: Node, inputs: readonly Value[]): Value | undefined {
  const simple = simplifyReduction(node, inputs);
  if (simple !== undefined) return simple;
  const inner = producer(first(inputs), "ReduceSum");
  const outerAxes = literalInts(second(inputs));
  const innerAxes = inner === undefined ? undefined : literalInts(second(inner.inputs));
  if (inner === undefined || outerAxes === undefined || innerAxes === undefined) return undefined;
  const source = first(inner.inputs);
  if (sameShape(source.shape, first(inputs).shape) || first(inputs).shape.length !== source.shape.length)
    return undefined;
  const axes = [...new Set([...innerAxes, ...outerAxes])].sort((a, b) => a - b);
  return reshape(reduce("ReduceSum", source, axes, true), (node.outputs[0] as Value).shape);
}

function simplifyMatMul(node: Node, inputs: readonly Value[]): Value | undefined {
  const { dtype } = node.outputs[0] as Value;
  if (node.domain !== "lejepa" || (dtype !== "float32" && !isHalf(dtype))) return undefined;
  const flags = node.attributes as { transA: { int: number }; transB: { int: number }; alpha: { float: number } };
  const a = swapped(first(inputs));
  const b = swapped(second(inputs));
  if (a === undefined && b === undefined) return undefined;
  return matMul(a ?? first(inputs), b ?? second(inputs), {
    transA: (flags.transA.int === 1) !== (a !== undefined),
    transB: (flags.transB.int === 1) !== (b !== undefined),
    alpha: flags.alpha.float,
    float32: "float32" in flags,
  });
}

/** What `value` is the transpose (of its last two axes) of. */
function swapped(value: Value): Value | undefined {
  const node = producer(value, "Transpose");
  if (node === undefined) return undefined;
  const rank = value.shape.length;
  const swap = perm(node).every((p, i) => (i < rank - 2 ? p === i : p === 2 * rank - 3 - i));
  return swap ? first(node.inputs) : undefined;
}

function simplifyConcat(node: Node, inputs: readonly Value[]): Value | undefined {
  const parts = inputs.filter((part) => sizeOf(part.shape) > 0);
  if (parts.length === 1) return first(parts);
  if (parts.length < inputs.length) return apply1("Concat", parts, node.outputs[0] as Value, node.attributes);
  const split = producer(first(inputs), "Split");
  const joined =
    split !== undefined &&
    split.outputs.length === inputs.length &&
    inputs.every((part, i) => part === split.outputs[i]);
  const sameAxis =
    split !== undefined && JSON.stringify(split.attributes.axis) === JSON.stringify(node.attributes.axis);
  return joined && sameAxis ? first(split.inputs) : undefined;
}

const rules: Readonly<Record<string, Simplifier>> = {
  Identity: (_, inputs) => first(inputs),
  Add: (node, [a, b]) => {
    if (isUniform(b as Value, 0)) return spread(a as Value, node);
    if (isUniform(a as Value, 0)) return spread(b as Value, node);
    const negated = producer(b as Value, "Neg");
    return negated === undefined ? undefined : binary("Sub", a as Value, first(negated.inputs));
  },
  Sub: (node, [a, b]) => {
    if (isUniform(b as Value, 0)) return spread(a as Value, node);
    if (isUniform(a as Value, 0)) return spread(unary("Neg", b as Value), node);
    const negated = producer(b as Value, "Neg");
    return negated === undefined ? undefined : binary("Add", a as Value, first(negated.inputs));
  },
  Mul: (node, [a, b]) => {
    if (isUniform(b as Value, 1)) return spread(a as Value, node);
    if (isUniform(a as Value, 1)) return spread(b as Value, node);
    if (isUniform(b as Value, -1)) return spread(unary("Neg", a as Value), node);
    return isUniform(a as Value, -1) ? spread(unary("Neg", b as Value), node) : undefined;
  },
  Div: (node, [a, b]) => (isUniform(b as Value, 1) ? spread(a as Value, node) : undefined),
  Neg: (_, [x]) => {
    const inner = producer(x as Value, "Neg");
    return inner === undefined ? undefined : first(inner.inputs);
  },
  Reshape: simplifyReshape,
  Transpose: simplifyTranspose,
  Cast: simplifyCast,
  Expand: (node, inputs) => {
    const x = first(inputs);
    const { shape } = node.outputs[0] as Value;
    if (sameShape(x.shape, shape)) return x;
    const inner = expanded(x);
    return inner !== undefined && sameShape(broadcast(inner.shape, shape), shape) ? expand(inner, shape) : undefined;
  },
  Tile: (node, inputs) => {
    const x = first(inputs);
    const reps = literalInts(second(inputs)) ?? [];
    return reps.every((count, i) => count === 1 || x.shape[i] === 1)
      ? expand(x, (node.outputs[0] as Value).shape)
      : undefined;
  },
  ReduceSum: simplifySum,
  ReduceMean: simplifyReduction,
  ReduceMax: simplifyReduction,
  ReduceMin: simplifyReduction,
  MatMul: simplifyMatMul,
  Concat: simplifyConcat,
};

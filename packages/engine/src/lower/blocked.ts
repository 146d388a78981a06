// Holds image activations channel-blocked on the CPU: convolutions and what surrounds them take and give blocked values,
// and the two reorderings that meet between neighbours cancel. What has no blocked form gets NCHW back.
import { apply1, binary, concat, expand, reduce, reshape } from "../graph/build.ts";
import { rewrite, topological } from "../graph/rewrite.ts";
import { simplify } from "../graph/simplify.ts";
import type { Node, Value } from "../graph/value.ts";
import { producer, sameShape, sizeOf } from "../graph/value.ts";
import { intOf } from "./composites.ts";
import { countReaders } from "./fuse.ts";
import {
  type Blocked,
  block,
  channelAffine,
  channelAffine2,
  channelDot,
  channelScale,
  channelShift,
  channelSum,
  convForward,
  convInputGradient,
  convWeightGradient,
  fusedInto,
  type Geometry,
  pixelMean,
  unblock,
} from "./nchwc.ts";

/** What rules know: the block size, and how often each value of the old graph is read. */
interface Pass {
  readonly b: number;
  readonly readers: ReadonlyMap<Value, number>;
}

/** What a rule makes: a blocked activation, or a value in the plain layout. */
type Made = { readonly blocked: Blocked } | { readonly plain: Value } | undefined;

type BlockedRule = (node: Node, inputs: readonly Value[], pass: Pass) => Made;

/** The graph with convolutions and their surroundings on blocks of `b` channels. */
export function blocked(outputs: readonly Value[], b: number): Value[] {
  if (!topological(outputs).some((node) => node.domain === "lejepa" && node.op.startsWith("Conv"))) return [...outputs];
  const prepared = slopesFromOutputs(outputs);
  const pass: Pass = { b, readers: countReaders(prepared) };
  return rewrite(prepared, (node, inputs) => {
    const [output] = node.outputs as [Value];
    const made = output.dtype === "float32" ? rules[node.op]?.(node, inputs, pass) : undefined;
    if (made === undefined) return undefined;
    return ["plain" in made ? made.plain : hold(made.blocked)];
  });
}

/** The NCHW form of a blocked value: a marker that {@link heldOf} sees through, and lowering makes a reordering. */
function hold(value: Blocked): Value {
  const [n = 0, blocks = 0, h = 0, w = 0, b = 1] = value.shape;
  return apply1("Unblock", [value], { shape: [n, blocks * b, h, w], dtype: "float32" }, {}, "lejepa");
}

const heldOf = (value: Value): Blocked | undefined => producer(value, "Unblock")?.inputs[0];

/** Step(x) is Step(Relu(x)): where the graph has Relu(x), x itself is not needed in the backward pass. */
function slopesFromOutputs(outputs: readonly Value[]): Value[] {
  const rectified = new Set<Value>();
  const current = simplify(outputs);
  for (const node of topological(current)) if (node.op === "Relu") rectified.add(node.inputs[0] as Value);
  return rewrite(current, (node, [x]) => {
    if (node.op !== "Step" || !rectified.has(node.inputs[0] as Value)) return undefined;
    const relu = apply1("Relu", [x as Value], x as Value);
    return [apply1("Step", [relu], relu, {}, "lejepa")];
  });
}

const isImage = (value: Value, b: number): boolean =>
  value.shape.length === 4 && (value.shape[1] as number) % b === 0 && value.dtype === "float32";

/** The blocked form of an NCHW value, by reordering if need be. */
function toBlocked(value: Value, b: number): Blocked {
  const [n = 0, c = 0, h = 0, w = 0] = value.shape;
  const held = heldOf(value);
  if (held !== undefined) return held;
  const spread = producer(value, "Expand")?.inputs[0];
  const thin = spread === undefined ? undefined : operand(spread, value.shape, b);
  return thin === undefined ? block(value, b) : expand(thin, [n, c / b, h, w, b]);
}

/** A broadcast operand of an NCHW value in the blocked layout, where that takes no data movement. */
function operand(value: Value, full: readonly number[], b: number): Value | undefined {
  if (sizeOf(value.shape) === 1) return reshape(value, []);
  const shape = [...Array<number>(4 - value.shape.length).fill(1), ...value.shape];
  const [n = 1, c = 1, h = 1, w = 1] = shape;
  if (c === 1) return reshape(value, [n, 1, h, w, 1]);
  return h * w === 1 && c === full[1] ? reshape(value, [n, c / b, 1, 1, b]) : undefined;
}

const geometryOf = (node: Node): Geometry => ({
  stride: intOf(node, "stride"),
  padding: intOf(node, "padding"),
  dilation: intOf(node, "dilation"),
});

/** Groups and channel counts that blocks can hold; fewer input channels than a block enter as they are. */
const fits = (node: Node, outputChannels: number, inputChannels: number, b: number): boolean =>
  intOf(node, "groups") === 1 && outputChannels % b === 0 && (inputChannels % b === 0 || inputChannels < b);

const conv: BlockedRule = (node, [x, weight], { b }) => {
  const [image, w] = [x as Value, weight as Value];
  if (node.domain !== "lejepa" || !fits(node, w.shape[0] as number, w.shape[1] as number, b)) return undefined;
  const source = isImage(image, b) ? toBlocked(image, b) : image;
  return { blocked: convForward(source, w, geometryOf(node), b) };
};

const convInputGrad: BlockedRule = (node, [dy, weight], { b }) => {
  const w = weight as Value;
  const [o = 0, c = 0] = w.shape;
  if (!fits(node, o, c, b) || c < b) return undefined;
  const made = convInputGradient(toBlocked(dy as Value, b), w, geometryOf(node), (node.outputs[0] as Value).shape);
  return made === undefined ? undefined : { blocked: made };
};

const convWeightGrad: BlockedRule = (node, [dy, x], { b }) => {
  const { shape } = node.outputs[0] as Value;
  const [o = 0, c = 0] = shape;
  if (!fits(node, o, c, b) || intOf(node, "dilation") !== 1) return undefined;
  const image = x as Value;
  const source = isImage(image, b) ? toBlocked(image, b) : image;
  return { plain: convWeightGradient(toBlocked(dy as Value, b), source, geometryOf(node), shape) };
};

/** A per-channel composite stays plain unless one of its activations is blocked. */
const sums: BlockedRule = (_, [x]) => {
  const held = heldOf(x as Value);
  return held === undefined ? undefined : { plain: channelSum(held) };
};

const dots: BlockedRule = (_, [x, y], { b }) => {
  if (heldOf(x as Value) === undefined && heldOf(y as Value) === undefined) return undefined;
  return { plain: channelDot(toBlocked(x as Value, b), toBlocked(y as Value, b)) };
};

const affine: BlockedRule = (_, inputs, { b }) => {
  const [x, scale, shift, x2, scale2] = inputs as [Value, Value, Value, Value | undefined, Value | undefined];
  if (heldOf(x) === undefined && (x2 === undefined || heldOf(x2) === undefined)) return undefined;
  const first = toBlocked(x, b);
  if (x2 === undefined || scale2 === undefined) return { blocked: channelAffine(first, scale, shift) };
  return { blocked: channelAffine2(first, scale, shift, toBlocked(x2, b), scale2) };
};

/** True when `node` is the only reader of its `i`-th input, whose computation it may then take in. */
const readsAlone = (node: Node, i: number, { readers }: Pass): boolean => readers.get(node.inputs[i] as Value) === 1;

const relu: BlockedRule = (node, [x], pass) => {
  const held = heldOf(x as Value);
  if (held === undefined) return undefined;
  const fused = readsAlone(node, 0, pass) ? fusedInto(held, { relu: true }) : undefined;
  return { blocked: fused ?? apply1("Relu", [held], held) };
};

const unary: BlockedRule = (node, [x]) => {
  const held = heldOf(x as Value);
  return held === undefined ? undefined : { blocked: apply1(node.op, [held], held, node.attributes, node.domain) };
};

const binaryRule: BlockedRule = (node, inputs, pass) => {
  const [x, y] = inputs as [Value, Value];
  const { shape } = node.outputs[0] as Value;
  const left = heldOf(x);
  const right = heldOf(y);
  if (left === undefined && right === undefined) return undefined;
  const activation = (left === undefined ? y : x) as Value;
  if (!sameShape(activation.shape, shape)) return undefined;
  if (left !== undefined && right !== undefined && sameShape(x.shape, y.shape)) {
    return {
      blocked: (node.op === "Add" ? fusedSum(node, [left, right], pass) : undefined) ?? binary(node.op, left, right),
    };
  }
  const other = left === undefined ? x : y;
  const quick = perChannelRule(node.op, activation, other);
  if (quick !== undefined) return { blocked: quick };
  const thin = sameShape(other.shape, shape) ? toBlocked(other, pass.b) : operand(other, shape, pass.b);
  if (thin === undefined) return undefined;
  return { blocked: left === undefined ? binary(node.op, thin, right as Blocked) : binary(node.op, left, thin) };
};

function fusedSum(node: Node, [left, right]: readonly [Blocked, Blocked], pass: Pass): Blocked | undefined {
  const intoLeft = readsAlone(node, 0, pass) ? fusedInto(left, { addend: right }) : undefined;
  return intoLeft ?? (readsAlone(node, 1, pass) ? fusedInto(right, { addend: left }) : undefined);
}

/** A product or sum with one value a channel. */
function perChannelRule(op: string, activation: Value, other: Value): Blocked | undefined {
  const held = heldOf(activation) as Blocked;
  const c = activation.shape[1] as number;
  if (sizeOf(other.shape) !== c || c === 1 || other.shape.at(-3) !== c) return undefined;
  if (op === "Mul") return channelScale(held, other);
  return op === "Add" ? channelShift(held, other) : undefined;
}

const axesOf = (node: Node): number[] => {
  const { origin } = node.inputs[1] as Value;
  return origin.kind === "literal" ? Array.from(origin.data as BigInt64Array, Number) : [];
};

const reduction: BlockedRule = (node, [x]) => {
  const held = heldOf(x as Value);
  if (held === undefined) return undefined;
  const axes = axesOf(node).map(String).sort().join();
  const { shape } = node.outputs[0] as Value;
  const [n = 0, blocks = 0, h = 0, w = 0, b = 1] = held.shape;
  const isMean = node.op === "ReduceMean";
  if (axes === "2,3") {
    if (isMean) return { plain: reshape(pixelMean(held), shape) };
    return { plain: reshape(reduce(node.op, reshape(held, [n, blocks, h * w, b]), [2], true), shape) };
  }
  if (axes === "0,2,3" && node.op === "ReduceSum") return { plain: reshape(channelSum(held), shape) };
  if (axes === "0,1,2,3")
    return { plain: reshape(reduce(node.op, reshape(held, [sizeOf(held.shape)]), [0], true), shape) };
  return undefined;
};

const concatenation: BlockedRule = (node, inputs, { b }) => {
  if (intOf(node, "axis") !== 0 || inputs.every((x) => heldOf(x) === undefined)) return undefined;
  return {
    blocked: concat(
      inputs.map((x) => toBlocked(x, b)),
      0,
    ),
  };
};

const UNARY = [
  "Neg",
  "Exp",
  "Log",
  "Sqrt",
  "Abs",
  "Erf",
  "Tanh",
  "Sigmoid",
  "Reciprocal",
  "Cos",
  "Sin",
  "Step",
  "Gelu",
  "HardSigmoid",
  "LeakyRelu",
  "Elu",
];
const BINARY = ["Add", "Sub", "Mul", "Div", "Max", "Min", "Pow"];

const each = (ops: readonly string[], rule: BlockedRule): Record<string, BlockedRule> =>
  Object.fromEntries(ops.map((op) => [op, rule]));

const rules: Readonly<Record<string, BlockedRule>> = {
  ...each(UNARY, unary),
  ...each(BINARY, binaryRule),
  ...each(["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin"], reduction),
  Conv: conv,
  ConvInputGrad: convInputGrad,
  ConvWeightGrad: convWeightGrad,
  ChannelSum: sums,
  ChannelDot: dots,
  ChannelAffine: affine,
  Relu: relu,
  Concat: concatenation,
};

/** Lowering of the marker that this pass leaves where a plain operator reads a blocked value. */
export const unblockLowering = (_: Node, [x]: readonly Value[]): Value => unblock(x as Blocked);

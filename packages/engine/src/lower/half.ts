// Mixed precision in 16 bits, on composite nodes, before they are lowered: products take and give 16 bits, everything else
// stays float32. What a product made moves in 16 bits until something needs it in float32, and what only products read is
// cast before it is moved; so a weight is cast once a step, and casts back and forth cancel.
// Not here: which precision a device has (precision.ts), and the products themselves (composites.ts, webgpu.ts).
import { apply, cast } from "../graph/build.ts";
import { topological } from "../graph/rewrite.ts";
import { type HalfType, type Node, sizeOf, type Value } from "../graph/value.ts";
import { uniformOf } from "../graph/simplify.ts";

/**
 * Composite nodes that are computed in 16 bits. ONNX Runtime's CUDA kernels take bfloat16 in matrix products only: `Conv` from
 * operator set 22 on, where others that a step needs (`Sin`, `Cos`, `MaxPool`) have no kernel, `ConvTranspose` never.
 */
const halfProducts: Readonly<Record<HalfType, readonly string[]>> = {
  float16: ["MatMul", "Conv", "ConvInputGrad", "ConvWeightGrad"],
  bfloat16: ["MatMul"],
};

/** Nodes that only move elements, and which of their inputs hold them: all, or the first. */
const moves: Readonly<Record<string, "all" | "first">> = {
  Reshape: "first",
  Transpose: "first",
  Slice: "first",
  Split: "first",
  Expand: "first",
  Pad: "first",
  Concat: "all",
};

/** What readers want of a value. */
interface Demand {
  float32: boolean;
  half: boolean;
}

/**
 * The graph with its products in `type`, but those that are marked to stay float32. Outputs stay as they are.
 *
 * @param outputs simplified: transposes before products are flags of the products by now
 */
export function halved(outputs: readonly Value[], type: HalfType): Value[] {
  return new HalfPass(outputs, type).outputs();
}

class HalfPass {
  readonly #type: HalfType;
  readonly #outputs: readonly Value[];
  readonly #order: readonly Node[];
  /** Values that come in 16 bits. */
  readonly #native = new Set<Value>();
  readonly #demands = new Map<Value, Demand>();
  /** Elements of all slices of a value together. */
  readonly #sliced = new Map<Value, number>();
  /** Nodes that move 16 bits although their source is float32. */
  readonly #hoisted = new Set<Node>();
  readonly #float32 = new Map<Value, Value>();
  readonly #half = new Map<Value, Value>();

  constructor(outputs: readonly Value[], type: HalfType) {
    this.#type = type;
    this.#outputs = outputs;
    this.#order = topological(outputs);
    for (const node of this.#order) {
      if (this.#isProduct(node) || this.#movesHalves(node)) for (const value of node.outputs) this.#native.add(value);
      if (node.op === "Slice") this.#countSlice(node);
    }
    for (const value of outputs) this.#demand(value, "float32");
    for (const node of [...this.#order].reverse()) this.#demandInputs(node);
  }

  outputs(): Value[] {
    for (const node of this.#order) this.#build(node);
    return this.#outputs.map((value) => this.#as(value, "float32"));
  }

  #isProduct({ op, domain, attributes, outputs: [output] }: Node): boolean {
    const known = domain === "lejepa" && halfProducts[this.#type].includes(op);
    return known && attributes["float32"] === undefined && output?.dtype === "float32";
  }

  #isMove(node: Node): boolean {
    if (node.domain !== "" || moves[node.op] === undefined || node.outputs[0]?.dtype !== "float32") return false;
    if (node.op !== "Pad") return true;
    // a filling other than 0 may not fit into 16 bits, and padding has no kernel of bfloat16
    const filling = node.inputs[2];
    return this.#type === "float16" && filling !== undefined && uniformOf(filling) === 0;
  }

  #movesHalves(node: Node): boolean {
    return this.#isMove(node) && moved(node).every((value) => this.#native.has(value));
  }

  #demand(value: Value, what: keyof Demand): void {
    const known = this.#demands.get(value) ?? { float32: false, half: false };
    known[what] = true;
    this.#demands.set(value, known);
  }

  /** Readers come first, so what is wanted of `node` is known. */
  #demandInputs(node: Node): void {
    if (this.#isProduct(node) || this.#native.has(node.outputs[0] as Value)) {
      for (const value of moved(node)) this.#demand(value, "half");
      return;
    }
    const onlyHalf = this.#isMove(node) && node.outputs.every((output) => this.#wanted(output, "half", "float32"));
    // a reshape moves nothing: it may as well be there twice
    const twice = node.op === "Reshape" && this.#isMove(node) && this.#demands.get(node.outputs[0] as Value)?.half;
    if ((onlyHalf || twice) && this.#pays(node)) {
      this.#hoisted.add(node);
      for (const value of moved(node)) this.#demand(value, "half");
      if (onlyHalf) return;
    }
    for (const value of node.inputs) this.#demand(value, "float32");
  }

  /** Whether `value` is read as `what`, or by nobody, and not as `other`. */
  #wanted(value: Value, what: keyof Demand, other: keyof Demand): boolean {
    const demand = this.#demands.get(value);
    return demand === undefined || (demand[what] && !demand[other]);
  }

  #countSlice({ inputs: [source], outputs: [output] }: Node): void {
    const before = this.#sliced.get(source as Value) ?? 0;
    this.#sliced.set(source as Value, before + sizeOf((output as Value).shape));
  }

  /** A source is cast as a whole only where its slices are as large as it is. */
  #pays(node: Node): boolean {
    if (node.op !== "Slice") return true;
    const source = node.inputs[0] as Value;
    return (this.#sliced.get(source) ?? 0) >= sizeOf(source.shape);
  }

  #build(node: Node): void {
    const isNative = this.#native.has(node.outputs[0] as Value);
    if (isNative || this.#hoisted.has(node)) this.#make(node, "half");
    const wanted = node.outputs.some((output) => this.#demands.get(output)?.float32 ?? false);
    if (!isNative && (wanted || !this.#hoisted.has(node))) this.#make(node, "float32");
  }

  #make(node: Node, as: "float32" | "half"): void {
    const elements = as === "half" ? new Set(moved(node)) : new Set<Value>();
    const inputs = node.inputs.map((value) => this.#as(value, elements.has(value) ? "half" : "float32"));
    // a filling has the type of what it fills up
    if (node.op === "Pad" && as === "half") inputs[2] = cast(inputs[2] as Value, this.#type);
    const specs = node.outputs.map(({ shape, dtype }) => ({ shape, dtype: as === "half" ? this.#type : dtype }));
    const made = apply(node.op, inputs, specs, node.attributes, node.domain);
    const target = as === "half" ? this.#half : this.#float32;
    for (const [i, output] of node.outputs.entries()) target.set(output, made[i] as Value);
  }

  /** The new form of an old value, by a cast if need be. */
  #as(value: Value, what: "float32" | "half"): Value {
    const [target, other] = what === "half" ? [this.#half, this.#float32] : [this.#float32, this.#half];
    const known = target.get(value);
    if (known !== undefined) return known;
    const source = other.get(value) ?? value;
    const made = what === "half" ? cast(source, this.#type) : source === value ? value : cast(source, "float32");
    target.set(value, made);
    return made;
  }
}

/** The inputs whose elements a node takes: of a product both. */
function moved(node: Node): readonly Value[] {
  return moves[node.op] === "first" && node.domain === "" ? node.inputs.slice(0, 1) : node.inputs;
}

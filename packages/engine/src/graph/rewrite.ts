// Rebuilds a graph bottom-up through a rule, sharing equal nodes (common sub-expressions). Dead code falls away, since
// only what the outputs reach is visited.
import type { Attribute, HostData, Node, Value } from "./value.ts";

/** Replacement of a node whose inputs are already rewritten: its outputs, or undefined to keep it. */
export type Rule = (node: Node, inputs: readonly Value[]) => readonly Value[] | undefined;

/** Nodes that `outputs` reach, each after those it depends on. */
export function topological(outputs: readonly Value[]): Node[] {
  const order: Node[] = [];
  const state = new Map<Node, "open" | "done">();
  const stack: Node[] = [];
  const push = (value: Value): void => {
    if (value.origin.kind === "node" && !state.has(value.origin.node)) stack.push(value.origin.node);
  };
  for (const output of outputs) {
    push(output);
    while (stack.length > 0) {
      const node = stack[stack.length - 1] as Node;
      if (state.get(node) === undefined) {
        state.set(node, "open");
        for (let i = node.inputs.length - 1; i >= 0; i--) push(node.inputs[i] as Value);
      } else {
        stack.pop();
        if (state.get(node) === "open") order.push(node);
        state.set(node, "done");
      }
    }
  }
  return order;
}

const sameLeaf = (value: Value): Value => value;

/**
 * Applies `rule` to every node that `outputs` reach (and `leaf` to every constant and input) and returns the outputs'
 * replacements.
 */
export function rewrite(outputs: readonly Value[], rule: Rule, leaf: (value: Value) => Value = sameLeaf): Value[] {
  const shared = new Sharing();
  const replaced = new Map<Value, Value>();
  const current = (value: Value): Value => replaced.get(value) ?? shared.leaf(leaf(value));
  for (const node of topological(outputs)) {
    const inputs = node.inputs.map(current);
    const results = rule(node, inputs) ?? rebuilt(node, inputs);
    for (const [i, output] of node.outputs.entries()) {
      replaced.set(output, shared.value(results[i] as Value));
    }
  }
  return outputs.map(current);
}

/** `node` on other inputs (the same object when nothing changed). */
function rebuilt(node: Node, inputs: readonly Value[]): readonly Value[] {
  if (inputs.every((input, i) => input === node.inputs[i])) return node.outputs;
  const outputs: Value[] = [];
  const copy: Node = { ...node, inputs, outputs };
  for (const [index, { shape, dtype }] of node.outputs.entries()) {
    outputs.push({ shape, dtype, origin: { kind: "node", node: copy, index } });
  }
  return outputs;
}

const SMALL = 64;

/** Hash-consing: equal nodes and equal small constants become one. */
class Sharing {
  readonly #nodes = new Map<string, Node>();
  readonly #leaves = new Map<string, Value>();
  readonly #ids = new Map<Value, number>();

  leaf(value: Value): Value {
    const { origin } = value;
    if (origin.kind === "input" || origin.kind === "node" || origin.data.length > SMALL) return value;
    const key = `${origin.kind}:${value.dtype}:${value.shape}:${bits(origin.data)}`;
    return getOrSet(this.#leaves, key, () => value);
  }

  /** Canonical form of a value that a rule made (whose inputs may be fresh nodes as well). */
  value(value: Value): Value {
    for (const node of this.#fresh(value)) this.#canonicalInputs(node);
    return this.#canonical(value);
  }

  #fresh(value: Value): Node[] {
    const found: Node[] = [];
    const seen = new Set<Node>();
    const visit = (v: Value): void => {
      if (v.origin.kind !== "node" || this.#ids.has(v) || seen.has(v.origin.node)) return;
      const { node } = v.origin;
      seen.add(node);
      node.inputs.forEach(visit);
      found.push(node);
    };
    visit(value);
    return found;
  }

  #replacement = new Map<Node, Node>();

  #canonicalInputs(node: Node): void {
    const inputs = node.inputs.map((input) => this.#canonical(input));
    const outputs = rebuilt(node, inputs);
    const [first] = outputs as [Value];
    const made = (first.origin as { node: Node }).node;
    const kept = getOrSet(this.#nodes, this.#key(made), () => made);
    this.#replacement.set(node, kept);
    for (const output of kept.outputs) this.#id(output);
  }

  #canonical(value: Value): Value {
    if (value.origin.kind !== "node") return this.leaf(value);
    const kept = this.#replacement.get(value.origin.node);
    return kept === undefined ? value : (kept.outputs[value.origin.index] as Value);
  }

  #id(value: Value): number {
    return getOrSet(this.#ids, value, () => this.#ids.size);
  }

  #key(node: Node): string {
    const inputs = node.inputs.map((input) => this.#id(input)).join(",");
    const outputs = node.outputs.map((output) => `${output.dtype}${output.shape}`).join(";");
    return `${node.domain}.${node.op}(${inputs})${attributeKey(node.attributes)}->${outputs}`;
  }
}

/** Text that is equal for equal attributes. */
function attributeKey(attributes: Readonly<Record<string, Attribute>>): string {
  return Object.keys(attributes)
    .sort()
    .map((name) => `${name}=${JSON.stringify(attributes[name])}`)
    .join(",");
}

function bits(data: HostData): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("latin1");
}

function getOrSet<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}

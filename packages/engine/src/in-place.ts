// Which updated tensors a graph may write over its own inputs, so that the state is kept once and not twice. Only for host memory,
// where this project hands ONNX Runtime the buffers that it writes to.
import { topological } from "./graph/rewrite.ts";
import type { Node, Value } from "./graph/value.ts";
import { isView, viewed } from "./graph/views.ts";

/** What reads element i of an operand no later than it writes element i. */
const elementwise = new Set(["Add", "Sub", "Mul"]);

/** An output that is to overwrite an input of the same shape. */
export interface Update {
  /** Name of the input. */
  readonly name: string;
  readonly output: Value;
}

/**
 * Names of the updates whose output can be written over the input, in whatever order the nodes run: all that reads the input, itself
 * or a view of it, has run before the output's node, or is that node and goes through its operands element by element.
 *
 * @param outputs of the whole graph, the updates among them
 */
export function writableInPlace(outputs: readonly Value[], updates: readonly Update[]): Set<string> {
  const readers = readersOfInputs(outputs);
  const safe = updates.filter(({ name, output }) => {
    const writer = output.origin.kind === "node" ? output.origin.node : undefined;
    const reading = readers.get(name);
    if (writer === undefined || reading === undefined || isView(writer) || reading.escapes) return false;
    const before = new Set(topological(writer.inputs));
    return [...reading.nodes].every((node) => before.has(node) || (node === writer && isAligned(writer, name)));
  });
  return new Set(safe.map(({ name }) => name));
}

interface Readers {
  readonly nodes: Set<Node>;
  /** The memory itself leaves the program as an output. */
  escapes: boolean;
}

function readersOfInputs(outputs: readonly Value[]): Map<string, Readers> {
  const all = new Map<string, Readers>();
  const readersOf = (value: Value): Readers | undefined => {
    const { origin } = viewed(value);
    if (origin.kind !== "input") return undefined;
    const known = all.get(origin.name) ?? { nodes: new Set(), escapes: false };
    all.set(origin.name, known);
    return known;
  };
  for (const node of topological(outputs)) {
    if (isView(node)) continue;
    for (const input of node.inputs) readersOf(input)?.nodes.add(node);
  }
  for (const output of outputs) {
    const reading = readersOf(output);
    if (reading !== undefined) reading.escapes = true;
  }
  return all;
}

// no operand is the input seen in another shape, which a broadcast would read out of step
function isAligned({ op, inputs, outputs }: Node, name: string): boolean {
  const size = (outputs[0] as Value).shape.join();
  const own = inputs.filter((input) => {
    const { origin } = viewed(input);
    return origin.kind === "input" && origin.name === name;
  });
  return elementwise.has(op) && own.every(({ shape }) => shape.join() === size);
}

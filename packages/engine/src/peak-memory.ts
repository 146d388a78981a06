// How much memory a graph takes at most while it runs: the bytes of all values that are alive at once, in the order in which
// the graph is written. An estimate: ONNX Runtime orders nodes for itself, rounds allocations up and keeps what it had.
import type { Node, Value } from "./graph/value.ts";
import { elementBytes, sizeOf } from "./graph/value.ts";

/** Operators whose output is their input's memory under another shape. */
const VIEWS = new Set(["Reshape", "Identity", "Squeeze", "Unsqueeze", "Flatten"]);

const bytesOf = ({ shape, dtype }: Value): number => sizeOf(shape) * elementBytes[dtype];

/**
 * Bytes at the peak of a run: inputs and constants all the time, each computed value from its node to its last use, outputs to
 * the end.
 *
 * @param nodes in an order in which each follows those that it uses
 */
export function peakBytes(nodes: readonly Node[], outputs: readonly Value[]): number {
  const roots = rootsOf(nodes);
  const rootOf = (value: Value): Value => roots.get(value) ?? value;
  const left = new Map<Value, number>();
  const use = (value: Value, times: number): number => {
    const root = rootOf(value);
    const uses = (left.get(root) ?? 0) + times;
    left.set(root, uses);
    return uses;
  };
  for (const { inputs } of nodes) for (const value of inputs) use(value, 1);
  for (const value of outputs) use(value, 1);
  let live = givenBytes(left.keys());
  let peak = live;
  for (const { op, inputs, outputs: made } of nodes) {
    if (!VIEWS.has(op)) for (const value of made) live += bytesOf(value);
    peak = Math.max(peak, live);
    for (const value of VIEWS.has(op) ? [] : made) if (!left.has(value)) live -= bytesOf(value);
    for (const value of inputs)
      if (use(value, -1) === 0 && rootOf(value).origin.kind === "node") live -= bytesOf(rootOf(value));
  }
  return peak;
}

/** For each view the value whose memory it is. */
function rootsOf(nodes: readonly Node[]): Map<Value, Value> {
  const roots = new Map<Value, Value>();
  for (const { op, inputs, outputs } of nodes) {
    const [source, made] = [inputs[0], outputs[0]];
    if (VIEWS.has(op) && source !== undefined && made !== undefined) roots.set(made, roots.get(source) ?? source);
  }
  return roots;
}

function givenBytes(values: Iterable<Value>): number {
  let bytes = 0;
  for (const value of values) if (value.origin.kind !== "node") bytes += bytesOf(value);
  return bytes;
}

// How much memory a graph takes at most while it runs: the bytes of all values that are alive at once, in the order in which
// the graph is written. An estimate: ONNX Runtime orders nodes for itself, rounds allocations up and keeps what it had.
import type { Node, Value } from "./graph/value.ts";
import { elementBytes, sizeOf } from "./graph/value.ts";
import { isView, viewed } from "./graph/views.ts";

const bytesOf = ({ shape, dtype }: Value): number => sizeOf(shape) * elementBytes[dtype];

/**
 * Bytes at the peak of a run: inputs and constants all the time, each computed value from its node to its last use, outputs to
 * the end.
 *
 * @param nodes in an order in which each follows those that it uses
 */
export function peakBytes(nodes: readonly Node[], outputs: readonly Value[]): number {
  const left = new Map<Value, number>();
  const use = (value: Value, times: number): number => {
    const root = viewed(value);
    const uses = (left.get(root) ?? 0) + times;
    left.set(root, uses);
    return uses;
  };
  for (const { inputs } of nodes) for (const value of inputs) use(value, 1);
  for (const value of outputs) use(value, 1);
  let live = givenBytes(left.keys());
  let peak = live;
  for (const node of nodes) {
    const made = isView(node) ? [] : node.outputs;
    for (const value of made) live += bytesOf(value);
    peak = Math.max(peak, live);
    for (const value of made) if (!left.has(value)) live -= bytesOf(value);
    for (const value of node.inputs)
      if (use(value, -1) === 0 && viewed(value).origin.kind === "node") live -= bytesOf(viewed(value));
  }
  return peak;
}

function givenBytes(values: Iterable<Value>): number {
  let bytes = 0;
  for (const value of values) if (value.origin.kind !== "node") bytes += bytesOf(value);
  return bytes;
}

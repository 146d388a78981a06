// Operators whose output is their input's memory, seen in another shape.
import type { Node, Value } from "./value.ts";

const VIEWS = new Set(["Reshape", "Squeeze", "Unsqueeze", "Flatten", "Identity"]);

/** Whether ONNX Runtime gives out the input's memory. */
export const isView = ({ op }: Node): boolean => VIEWS.has(op);

/** The value whose memory this is. */
export function viewed(value: Value): Value {
  let current = value;
  while (current.origin.kind === "node" && isView(current.origin.node)) {
    current = current.origin.node.inputs[0] as Value;
  }
  return current;
}

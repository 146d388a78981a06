// Fusions that need to know who else reads a value: sums go into the product they follow (Gemm's third operand).
import { apply1, broadcast } from "../graph/build.ts";
import { rewrite, topological } from "../graph/rewrite.ts";
import type { Node, Value } from "../graph/value.ts";
import { producer, sameShape } from "../graph/value.ts";

/** Number of readers of each value, outputs of the program counted as readers. */
export function countReaders(outputs: readonly Value[]): Map<Value, number> {
  const readers = new Map<Value, number>();
  const count = (value: Value): void => {
    readers.set(value, (readers.get(value) ?? 0) + 1);
  };
  for (const node of topological(outputs)) node.inputs.forEach(count);
  outputs.forEach(count);
  return readers;
}

/** `Gemm(a, b) + c` becomes `Gemm(a, b, c)` where nobody else reads the product. */
export function fuseSums(outputs: readonly Value[]): Value[] {
  const readers = countReaders(outputs);
  const readOnce = new Set<Node>();
  for (const node of topological(outputs)) {
    const [only] = node.outputs as [Value];
    if (node.op === "Gemm" && readers.get(only) === 1) readOnce.add(node);
  }
  return rewrite(outputs, (node, inputs) => {
    const [a, b] = inputs as [Value, Value];
    if (node.op !== "Add") return undefined;
    const fused = (i: number): Value | undefined => {
      const before = producer(node.inputs[i] as Value, "Gemm");
      return before !== undefined && readOnce.has(before) ? withAddend(i === 0 ? a : b, i === 0 ? b : a) : undefined;
    };
    const made = fused(0) ?? fused(1);
    return made === undefined ? undefined : [made];
  });
}

function withAddend(product: Value, addend: Value): Value | undefined {
  const gemm = producer(product, "Gemm");
  if (gemm === undefined || gemm.inputs.length !== 2) return undefined;
  const fits = addend.shape.length <= 2 && sameShape(broadcast(addend.shape, product.shape), product.shape);
  return fits ? apply1("Gemm", [...gemm.inputs, addend], product, gemm.attributes) : undefined;
}

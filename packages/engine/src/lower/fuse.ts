// Fusions that need to know who else reads a value: sums go into the product they follow (Gemm's third operand).
import { apply1, broadcast, cast } from "../graph/build.ts";
import { rewrite, topological } from "../graph/rewrite.ts";
import type { Node, Value } from "../graph/value.ts";
import { isHalf, producer, sameShape, sizeOf } from "../graph/value.ts";

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

/**
 * `Gemm(a, b) + c` becomes `Gemm(a, b, c)` where nobody else reads the product. A product of 16 bits takes in only what is
 * small (a bias), rounded to its type: a sum of activations stays in float32.
 */
export function fuseSums(outputs: readonly Value[]): Value[] {
  const readers = countReaders(outputs);
  const readOnce = new Set<Node>();
  for (const node of topological(outputs)) {
    const [only] = node.outputs as [Value];
    if ((node.op === "Gemm" || node.op === "Cast") && readers.get(only) === 1) readOnce.add(node);
  }
  return rewrite(outputs, (node, inputs) => {
    const [a, b] = inputs as [Value, Value];
    if (node.op !== "Add") return undefined;
    const fused = (i: number): Value | undefined => {
      const before = producer(node.inputs[i] as Value);
      if (before === undefined || !readOnce.has(before)) return undefined;
      const [product, addend] = i === 0 ? [a, b] : [b, a];
      if (before.op === "Gemm") return withAddend(product, addend);
      const inner = producer(before.inputs[0] as Value, "Gemm");
      return inner !== undefined && readOnce.has(inner) ? withRow(product, addend) : undefined;
    };
    const made = fused(0) ?? fused(1);
    return made === undefined ? undefined : [made];
  });
}

/** A widened product of 16 bits with an addend that is the same for all rows. */
function withRow(widened: Value, addend: Value): Value | undefined {
  const product = producer(widened, "Cast")?.inputs[0];
  if (product === undefined || !isHalf(product.dtype)) return undefined;
  if (sizeOf(addend.shape) !== product.shape[1] || addend.shape.at(-1) !== product.shape[1]) return undefined;
  const made = withAddend(product, cast(addend, product.dtype));
  return made && cast(made, widened.dtype);
}

function withAddend(product: Value, addend: Value): Value | undefined {
  const gemm = producer(product, "Gemm");
  if (gemm === undefined || gemm.inputs.length !== 2) return undefined;
  const fits = addend.shape.length <= 2 && sameShape(broadcast(addend.shape, product.shape), product.shape);
  return fits ? apply1("Gemm", [...gemm.inputs, addend], product, gemm.attributes) : undefined;
}

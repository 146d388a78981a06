// Products of 16 bits on kernels of float32: the same roundings of operands and results, with sums in float32, as a GPU's
// matrix units have them. For tests: ONNX Runtime's CPU kernels have no such products (it computes float16 ones in float32
// without any rounding, and refuses bfloat16). Everything else of the graph is what the GPU gets.
import { apply, cast } from "../graph/build.ts";
import { rewrite } from "../graph/rewrite.ts";
import { isHalf, type Value } from "../graph/value.ts";

const products = new Set(["Gemm", "MatMul", "FusedMatMul", "Conv", "ConvTranspose"]);

/** The graph with every product of 16 bits between casts to float32 and back. */
export const emulateHalves = (outputs: readonly Value[]): Value[] =>
  rewrite(outputs, (node, inputs) => {
    const { shape, dtype } = node.outputs[0] as Value;
    if (!products.has(node.op) || !isHalf(dtype)) return undefined;
    const operands = inputs.map((value) => cast(value, "float32"));
    const [made] = apply(node.op, operands, [{ shape, dtype: "float32" }], node.attributes, node.domain);
    return [cast(made as Value, dtype)];
  });

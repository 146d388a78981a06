// What a program consists of: nodes, floating-point operations and bytes written, by operator.
import type { Model } from "./graph/proto.ts";
import type { Node, Value } from "./graph/value.ts";
import { elementBytes, sizeOf } from "./graph/value.ts";
import { peakBytes } from "./peak-memory.ts";
import type { Signature } from "./trace.ts";

/** One operator's share. */
export interface OpSummary {
  readonly op: string;
  readonly nodes: number;
  /** Multiply-adds counted as two. */
  readonly flops: number;
  /** Bytes of all outputs. */
  readonly activationBytes: number;
}

/** Result of `program.describe()`. */
export interface Description {
  readonly nodes: number;
  readonly flops: number;
  readonly activationBytes: number;
  /** Memory of a run at its peak by estimate, state and inputs included; 0 where there is no graph. */
  readonly peakBytes: number;
  /** Elements of the tensors that the program updates. */
  readonly stateElements: number;
  /** By operator, most FLOPs first. */
  readonly byOp: readonly OpSummary[];
}

/** Counts what the nodes of the stages do, which run one after another. */
export function describeModel(
  stages: readonly Pick<Model, "nodes" | "outputs">[],
  signature: Signature,
  updates: readonly string[],
): Description {
  const nodes = stages.flatMap((stage) => stage.nodes);
  const summaries = new Map<string, OpSummary>();
  for (const node of nodes) {
    const old = summaries.get(node.op) ?? { op: node.op, nodes: 0, flops: 0, activationBytes: 0 };
    const bytes = node.outputs.reduce((sum, value) => sum + sizeOf(value.shape) * elementBytes[value.dtype], 0);
    summaries.set(node.op, {
      op: node.op,
      nodes: old.nodes + 1,
      flops: old.flops + flopsOf(node),
      activationBytes: old.activationBytes + bytes,
    });
  }
  const byOp = [...summaries.values()].sort((a, b) => b.flops - a.flops || b.activationBytes - a.activationBytes);
  const total = (key: "nodes" | "flops" | "activationBytes"): number =>
    byOp.reduce((sum, summary) => sum + summary[key], 0);
  return {
    nodes: total("nodes"),
    flops: total("flops"),
    activationBytes: total("activationBytes"),
    peakBytes: Math.max(0, ...stages.map((stage) => peakBytes(stage.nodes, outputsOf(stage)))),
    stateElements: updates.reduce((sum, name) => sum + sizeOf(signature[name]?.shape ?? []), 0),
    byOp,
  };
}

const outputsOf = ({ outputs }: Pick<Model, "outputs">): Value[] => outputs.map(({ value }) => value);

const MOVES = new Set([
  "Reshape",
  "Transpose",
  "Slice",
  "Split",
  "Concat",
  "Expand",
  "Gather",
  "Pad",
  "Tile",
  "Cast",
  "Identity",
]);

function flopsOf(node: Node): number {
  const [output] = node.outputs as [Value];
  const size = sizeOf(output.shape);
  const [a, b] = node.inputs as [Value | undefined, Value | undefined];
  if (node.op === "Gemm" || node.op === "MatMul" || node.op === "FusedMatMul")
    return 2 * size * innerExtent(node, a as Value);
  if (node.op === "Conv") return 2 * size * sizeOf((b as Value).shape.slice(1));
  if (node.op === "ConvTranspose") return 2 * sizeOf((a as Value).shape) * sizeOf((b as Value).shape.slice(1));
  if (MOVES.has(node.op)) return 0;
  return node.op.startsWith("Reduce") ? sizeOf((a as Value).shape) : size;
}

function innerExtent(node: Node, a: Value): number {
  const transA = node.attributes.transA;
  const transposed = transA !== undefined && "int" in transA && transA.int === 1;
  return a.shape.at(transposed ? -2 : -1) as number;
}

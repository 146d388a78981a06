// Which nodes of a graph a device would leave to the CPU, each at the price of a copy there and back.
import { encodeModel, type Model } from "../graph/proto.ts";
import type { Node, Value } from "../graph/value.ts";
import type { GraphRuntime } from "./graph-runtime.ts";

/**
 * Nodes by operator, operand types and shapes, as `IsNaN(float32[2,3])`; none when the device takes the whole graph.
 * Found by asking for sessions that may not use the CPU: first of the whole graph, then of every different node alone.
 */
export async function hostNodes(runtime: GraphRuntime, model: Model): Promise<string[]> {
  if (runtime.device === "cpu" || (await takesAll(runtime, model))) return [];
  const different = new Map(model.nodes.map((node) => [keyOf(node), node]));
  const found: string[] = [];
  for (const node of different.values())
    if (!(await takesAll(runtime, encodeModel(aloneWithInputs(node))))) found.push(signatureOf(node));
  return found.sort();
}

async function takesAll(runtime: GraphRuntime, model: Model): Promise<boolean> {
  try {
    const session = await runtime.createSession(model, { strict: true });
    await session.release();
    return true;
  } catch (error) {
    if (/fallback to CPU/.test((error as Error).message)) return false;
    throw error;
  }
}

const signatureOf = ({ op, inputs }: Node): string =>
  `${op}(${inputs.map(({ dtype, shape }) => `${dtype}[${shape}]`).join(", ")})`;

const keyOf = (node: Node): string => `${node.domain} ${signatureOf(node)} ${JSON.stringify(node.attributes)}`;

/** The node's outputs, with inputs of the program in place of what other nodes compute. */
function aloneWithInputs(node: Node): Value[] {
  const inputs = node.inputs.map((value, i): Value => {
    const { origin, shape, dtype } = value;
    return origin.kind === "node" ? { shape, dtype, origin: { kind: "input", name: `in${i}` } } : value;
  });
  const copy: Node = { ...node, inputs, outputs: [] };
  const outputs = node.outputs.map(
    ({ shape, dtype }, index): Value => ({ shape, dtype, origin: { kind: "node", node: copy, index } }),
  );
  (copy.outputs as Value[]).push(...outputs);
  return outputs;
}

// From the traced graph to the one a session gets: simplify, lower composites for the device, simplify, fuse.
import { rewrite } from "../graph/rewrite.ts";
import { simplify } from "../graph/simplify.ts";
import type { Value } from "../graph/value.ts";
import { blockSize } from "./block-size.ts";
import { blocked, unblockLowering } from "./blocked.ts";
import { channelComposites, plainStep, steepStep } from "./channels.ts";
import { composites, fusedBatched, type LoweringTable, matMulLowering, plainBatched } from "./composites.ts";
import { fuseSums } from "./fuse.ts";
import { rowChunked } from "./row-chunks.ts";
import { webgpuComposites } from "./webgpu.ts";

/** Devices that sessions run on. */
export type SessionDevice = "cpu" | "webgpu" | "cuda";

const tables: Readonly<Record<SessionDevice, LoweringTable>> = {
  cpu: {
    ...composites,
    ...channelComposites,
    Unblock: unblockLowering,
    Step: (_, [x]) => steepStep(x as Value),
    MatMul: matMulLowering(fusedBatched, rowChunked),
  },
  cuda: { ...composites, ...channelComposites, MatMul: matMulLowering(fusedBatched) },
  webgpu: {
    ...composites,
    ...channelComposites,
    ...webgpuComposites,
    Step: (_, [x]) => plainStep(x as Value),
    MatMul: matMulLowering(plainBatched),
  },
};

/** The graph as `device` runs it. Collectives are gone by now (see segments.ts). */
export function lower(outputs: readonly Value[], device: SessionDevice): Value[] {
  const table = tables[device];
  const b = device === "cpu" ? blockSize() : undefined;
  const simple = simplify(outputs);
  const lowered = rewrite(b === undefined ? simple : blocked(simple, b), (node, inputs) => {
    if (node.domain !== "lejepa") return undefined;
    const lowering = table[node.op];
    if (lowering === undefined) throw new Error(`no lowering for ${node.op}`);
    const made = lowering(node, inputs);
    return Array.isArray(made) ? (made as readonly Value[]) : [made as Value];
  });
  return simplify(fuseSums(simplify(lowered)));
}

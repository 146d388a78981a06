// From the traced graph to the one a session gets: simplify, lower composites for the device, simplify, fuse.
import { rewrite } from "../graph/rewrite.ts";
import { simplify } from "../graph/simplify.ts";
import type { HalfType, Value } from "../graph/value.ts";
import { blockSize } from "./block-size.ts";
import { blocked, unblockLowering } from "./blocked.ts";
import { channelComposites, plainStep, steepStep } from "./channels.ts";
import { composites, fusedBatched, type LoweringTable, matMulLowering, plainBatched } from "./composites.ts";
import { emulateHalves } from "./emulate.ts";
import { fuseSums } from "./fuse.ts";
import { halved } from "./half.ts";
import { rowChunked } from "./row-chunks.ts";
import { webgpuComposites } from "./webgpu.ts";

/** Devices that sessions run on. */
export type SessionDevice = "cpu" | "webgpu" | "cuda";

/** What a graph is lowered for. */
export interface LoweringTarget {
  readonly device: SessionDevice;
  /** Type of the products; default float32. */
  readonly half?: HalfType | undefined;
  /** Products in float32 on operands and results that are rounded to 16 bits: for CPU kernels, which have none of 16 bits. */
  readonly emulated?: boolean | undefined;
}

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
export function lower(outputs: readonly Value[], { device, half, emulated = false }: LoweringTarget): Value[] {
  const table = tables[device];
  const b = device === "cpu" ? blockSize() : undefined;
  const full = simplify(outputs);
  const simple = half === undefined ? full : simplify(halved(full, half));
  const lowered = rewrite(b === undefined ? simple : blocked(simple, b), (node, inputs) => {
    if (node.domain !== "lejepa") return undefined;
    const lowering = table[node.op];
    if (lowering === undefined) throw new Error(`no lowering for ${node.op}`);
    const made = lowering(node, inputs);
    return Array.isArray(made) ? (made as readonly Value[]) : [made as Value];
  });
  const fused = simplify(fuseSums(simplify(lowered)));
  return emulated ? emulateHalves(fused) : fused;
}

// Time by operator, from ONNX Runtime's own profiler.
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { Model } from "./graph/proto.ts";
import type { GraphRuntime, RuntimeValues } from "./runtime/graph-runtime.ts";

/** Time of one operator type in one run. */
export interface OpTime {
  readonly op: string;
  readonly calls: number;
  readonly milliseconds: number;
  /** Share of all operators' time. */
  readonly share: number;
}

interface TraceEvent {
  readonly cat?: string;
  readonly name?: string;
  readonly dur?: number;
  readonly args?: { readonly op_name?: string };
}

/** Runs `model` `runs` times after a warm-up with the profiler on. */
export async function profileRun(
  model: Model,
  runtime: GraphRuntime,
  feeds: RuntimeValues,
  runs: number,
): Promise<OpTime[]> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "lejepa-profile-"));
  try {
    const session = await runtime.createSession(model, { profilePrefix: path.join(folder, "ort") });
    for (let i = 0; i <= runs; i++) {
      const results = await session.run(feeds);
      for (const value of Object.values(results)) value.dispose();
    }
    session.endProfiling();
    await session.release();
    const [file] = await readdir(folder);
    return summarise(JSON.parse(await readFile(path.join(folder, file ?? ""), "utf8")) as TraceEvent[], runs + 1);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function summarise(events: readonly TraceEvent[], runs: number): OpTime[] {
  const times = new Map<string, { calls: number; microseconds: number }>();
  for (const { cat, name, dur = 0, args } of events) {
    if (cat !== "Node" || args?.op_name === undefined || !name?.endsWith("kernel_time")) continue;
    const old = times.get(args.op_name) ?? { calls: 0, microseconds: 0 };
    times.set(args.op_name, { calls: old.calls + 1, microseconds: old.microseconds + dur });
  }
  const total = [...times.values()].reduce((sum, { microseconds }) => sum + microseconds, 0);
  return [...times]
    .map(([op, { calls, microseconds }]) => ({
      op,
      calls: calls / runs,
      milliseconds: microseconds / 1000 / runs,
      share: total === 0 ? 0 : microseconds / total,
    }))
    .sort((a, b) => b.milliseconds - a.milliseconds);
}

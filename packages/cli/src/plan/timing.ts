// How fast and in how much memory a configuration trains here: a few steps on images that are decoded already, then thrown away.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isLejepaError } from "@lejepa/contracts";
import { datasetOfItems, type ImageStore } from "@lejepa/data";
import { pretrain, type StepMemory, type StepMetrics } from "@lejepa/train";
import type { ReadyConfig } from "../resolve-config.ts";

/** What was measured. */
export interface Timing {
  readonly measuredSteps: number;
  readonly imagesPerSecond: number;
  /** Of all steps, without decoding. */
  readonly seconds: number;
  /** Largest memory of this process so far, the measured steps included, MiB. */
  readonly memoryMiB: number;
  /** Memory of a step by estimate, MiB; 0 where the device has no graph to count. */
  readonly stepMemoryMiB: number;
  /** What was free for it; null where the device does not say. */
  readonly freeMemoryMiB: number | null;
}

const timedSteps = 4;

/** Trains a few steps; the first warms up and is left out. `problem`: why the configuration does not train. */
export async function time(
  config: ReadyConfig,
  {
    store,
    steps,
    signal,
  }: { readonly store: Pick<ImageStore, "items">; readonly steps: number; readonly signal: AbortSignal },
): Promise<{ timing: Timing | null; problem: string | null }> {
  const folder = mkdtempSync(join(tmpdir(), "lejepa-plan-"));
  const seen: StepMetrics[] = [];
  let memory: StepMemory = { stepBytes: 0, freeBytes: undefined };
  try {
    await pretrain(shorten(config, store), {
      out: join(folder, "run"),
      signal,
      onProgress: (event) => {
        if (event.kind === "start") memory = event.memory;
        if (event.kind === "step") seen.push(event.metrics);
      },
    });
  } catch (error) {
    if (!isLejepaError(error) || signal.aborted) throw error;
    return { timing: null, problem: error.message };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  signal.throwIfAborted();
  const rest = seen.length > 1 ? seen.slice(1) : seen;
  const stepSeconds = rest.reduce((sum, { stepMs }) => sum + stepMs, 0) / rest.length / 1000;
  return {
    timing: {
      measuredSteps: rest.length,
      imagesPerSecond: config.batchSize / stepSeconds,
      seconds: stepSeconds * steps,
      memoryMiB: Math.round(process.resourceUsage().maxRSS / 1024),
      stepMemoryMiB: Math.round(memory.stepBytes / 2 ** 20),
      freeMemoryMiB: memory.freeBytes === undefined ? null : Math.round(memory.freeBytes / 2 ** 20),
    },
    problem: null,
  };
}

// all of the sample is trained on: whether there are enough images is the split's question, not this one's
function shorten(config: ReadyConfig, { items }: Pick<ImageStore, "items">): ReadyConfig {
  const free = items.map(({ id, source }) => ({ id, source }));
  return {
    ...config,
    dataset: datasetOfItems(config.dataset, { items: free }),
    data: { ...config.data, splits: { ...config.data.splits, validation: 0, test: 0 } },
    schedule: { ...config.schedule, epochs: Math.max(timedSteps, config.schedule.epochs), maxSteps: timedSteps },
    probe: { ...config.probe, everyEpochs: 0 },
  };
}

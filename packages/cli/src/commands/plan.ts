// `lejepa plan`: what a configuration would train, on what, for how long. Trains nothing but a few steps that it throws away.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isLejepaError } from "@lejepa/contracts";
import { type ImageStore, type Splits, splitItems } from "@lejepa/data";
import { pretrain, type StepMetrics } from "@lejepa/train";
import { listenForInterrupt } from "../interrupt.ts";
import { duration } from "../meter.ts";
import type { Output } from "../output.ts";
import { type Proposal, propose } from "../proposal.ts";
import { type ConfigFlags, type ReadyConfig, resolveConfig } from "../resolve-config.ts";
import { leftOut, openStore } from "../run-images.ts";

/** Flags of the verb. */
export interface PlanFlags extends ConfigFlags {
  /** False with --no-time. */
  readonly time: boolean;
}

/** What the verb finds out; the --json document. */
interface Plan {
  readonly images: number;
  /** Files that do not decode. */
  readonly failures: ImageStore["failures"];
  readonly skipped: ImageStore["skipped"];
  readonly notes: ImageStore["notes"];
  /** Images of each class, all splits. */
  readonly classes: Readonly<Record<string, number>>;
  readonly unlabelled: number;
  readonly splits: Readonly<Record<keyof Splits, number>>;
  readonly stored: { readonly size: number; readonly channels: number; readonly dtype: string };
  readonly config: Pick<ReadyConfig, "batchSize" | "encoder" | "views" | "schedule" | "device">;
  readonly steps: number;
  readonly timing: Timing | null;
  /** Why the configuration would not train as it is. */
  readonly problem: string | null;
  readonly proposal: readonly Proposal[];
}

interface Timing {
  readonly measuredSteps: number;
  readonly imagesPerSecond: number;
  readonly seconds: number;
}

/** Looks and says. */
export async function plan(flags: PlanFlags, output: Output): Promise<void> {
  const config = await resolveConfig(flags);
  const interrupt = listenForInterrupt(() => output.note("stopping"));
  const { signal } = interrupt;
  try {
    const store = await openStore(config, { output: { ...output, note: () => {} }, signal });
    store.close();
    const found = examine(store, config);
    if (flags.time) output.note("timing a few steps ...");
    const timed = flags.time ? await time(config, { steps: found.steps, signal }) : { timing: null, problem: null };
    const result: Plan = { ...found, ...timed, proposal: propose(config, found.splits.train) };
    output.result(result, describe(result, store));
  } finally {
    interrupt.release();
  }
}

function examine(store: ImageStore, config: ReadyConfig): Omit<Plan, "timing" | "problem" | "proposal"> {
  const { train, validation, test } = splitItems(store.items, config.data.splits);
  const counts = store.classes.map((name, i) => [name, store.labels.filter((label) => label === i).length] as const);
  const { batchSize, encoder, views, schedule, device } = config;
  const steps = schedule.epochs * Math.floor(train.length / batchSize);
  return {
    images: store.count,
    failures: store.failures,
    skipped: store.skipped,
    notes: store.notes,
    classes: Object.fromEntries(counts),
    unlabelled: store.labels.filter((label) => label < 0).length,
    splits: { train: train.length, validation: validation.length, test: test.length },
    stored: { size: store.width, channels: store.channels, dtype: store.dtype },
    config: { batchSize, encoder, views, schedule, device },
    steps: Math.min(steps, schedule.maxSteps ?? steps),
  };
}

const timedSteps = 4;

// the first step warms up and is left out
async function time(
  config: ReadyConfig,
  { steps, signal }: { readonly steps: number; readonly signal: AbortSignal },
): Promise<{ timing: Timing | null; problem: string | null }> {
  const folder = mkdtempSync(join(tmpdir(), "lejepa-plan-"));
  const seen: StepMetrics[] = [];
  const short = {
    ...config,
    schedule: { ...config.schedule, maxSteps: timedSteps },
    probe: { ...config.probe, everyEpochs: 0 },
  };
  try {
    await pretrain(short, {
      out: join(folder, "run"),
      signal,
      onProgress: (event) => void (event.kind === "step" && seen.push(event.metrics)),
    });
  } catch (error) {
    if (!isLejepaError(error) || signal.aborted) throw error;
    return { timing: null, problem: error.message };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const rest = seen.length > 1 ? seen.slice(1) : seen;
  const stepSeconds = rest.reduce((sum, { stepMs }) => sum + stepMs, 0) / rest.length / 1000;
  return {
    timing: {
      measuredSteps: rest.length,
      imagesPerSecond: config.batchSize / stepSeconds,
      seconds: stepSeconds * steps,
    },
    problem: null,
  };
}

function describe(found: Plan, store: ImageStore): string {
  const { images, splits, stored, config, steps, timing, problem, proposal } = found;
  const { encoder, views, schedule, batchSize, device } = config;
  const { name, patchSize } = encoder;
  const lines = [
    `images    ${images}, stored as ${stored.size} x ${stored.size} x ${stored.channels} ${stored.dtype}`,
    ...leftOut(store).map((line) => `          ${line}`),
    `classes   ${classLine(found)}`,
    `split     ${splits.train} to train on, ${splits.validation} validation, ${splits.test} test`,
    `encoder   ${name}${name.startsWith("vit") ? `, patches of ${patchSize}` : ""}, on ${device}`,
    `views     ${views.globals} of ${views.globalSize} px${views.locals > 0 ? ` and ${views.locals} of ${views.localSize} px` : ""} of each image`,
    `schedule  ${schedule.epochs} epochs in batches of ${batchSize}: ${steps} steps`,
  ];
  if (timing !== null)
    lines.push(
      `time      about ${duration(timing.seconds)} here (${timing.imagesPerSecond.toFixed(0)} images/s over ${timing.measuredSteps} steps)`,
    );
  if (problem !== null) lines.push(`PROBLEM   ${problem}`);
  for (const { setting, reason } of proposal) lines.push(`consider  --set ${setting}   (${reason})`);
  return lines.join("\n");
}

function classLine({ classes, unlabelled, images }: Plan): string {
  const counts = Object.entries(classes).sort(([, a], [, b]) => b - a);
  if (counts.length === 0) return "none: enough to train, not to compare";
  const shown = counts.slice(0, 8).map(([name, count]) => `${name} ${count}`);
  if (counts.length > 8) shown.push(`... ${counts.at(-1)?.join(" ")}`);
  return `${counts.length}: ${shown.join(", ")}${unlabelled > 0 ? `; ${unlabelled} of ${images} without` : ""}`;
}

// `lejepa pretrain`: configuration and run folder in, training by @lejepa/train, progress out. No training here.
import { existsSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { LejepaError } from "@lejepa/contracts";
import { pretrain, type PretrainResult, readRunConfig, readRunInfo } from "@lejepa/train";
import { listenForInterrupt } from "../interrupt.ts";
import type { Output } from "../output.ts";
import { createProgress } from "../progress.ts";
import { type ConfigFlags, type ReadyConfig, resolveConfig } from "../resolve-config.ts";

/** Flags of the verb. */
export interface PretrainFlags extends ConfigFlags {
  readonly out?: string;
  readonly resume?: boolean;
  readonly ignoreMemory?: boolean;
}

/** Trains; returns the exit status. */
export async function runPretrain(flags: PretrainFlags, output: Output): Promise<number> {
  const { resume = false, ignoreMemory = false } = flags;
  const out = flags.out ?? (resume ? newestRun() : join("runs", timeName(new Date())));
  const config = await (resume ? configOfRun(out, flags) : resolveConfig(flags, { note: output.note }));
  if (resume) noteOtherDevice(out, config.device, output);
  const progress = createProgress(output);
  const interrupt = listenForInterrupt(() =>
    progress.message("stopping after this step; Ctrl-C again stops at once and loses what is not saved"),
  );
  try {
    const result = await pretrain(config, {
      out,
      resume,
      ignoreMemory,
      signal: interrupt.signal,
      onProgress: progress.event,
    });
    progress.close();
    output.result(describe(result), summary(result));
    return result.status === "interrupted" ? interrupt.status() : 0;
  } finally {
    progress.close();
    interrupt.release();
  }
}

// The run's own configuration, so that a resumed run needs no flags repeated; with --config that file, which train checks
// against the run's.
async function configOfRun(folder: string, flags: PretrainFlags): Promise<ReadyConfig> {
  if (flags.config !== undefined || !existsSync(join(folder, "run.json"))) return resolveConfig(flags);
  const value = readRunConfig(folder);
  const config = await resolveConfig(flags, { base: { value, source: join(folder, "config.resolved.json") } });
  const reached = readRunInfo(folder).steps.done >= (config.schedule.maxSteps ?? Number.POSITIVE_INFINITY);
  // a limit of the session before, which this one is there to go beyond
  return flags.maxSteps === undefined && reached
    ? { ...config, schedule: { ...config.schedule, maxSteps: null } }
    : config;
}

// allowed, since only rounding differs; but the run is then not the one that it would have been
function noteOtherDevice(folder: string, device: string, output: Output): void {
  if (!existsSync(join(folder, "run.json"))) return;
  const before = readRunInfo(folder).device;
  if (before !== device)
    output.note(`the run was made on ${before} and goes on on ${device}: equal but for rounding, so not bit by bit`);
}

function newestRun(): string {
  const folders = existsSync("runs") ? readdirSync("runs").map((name) => join("runs", name)) : [];
  const runs = folders.filter((folder) => existsSync(join(folder, "run.json")));
  const times = new Map(runs.map((folder) => [folder, readRunInfo(folder).updatedAt]));
  const newest = runs.sort((a, b) => ((times.get(a) ?? "") < (times.get(b) ?? "") ? 1 : -1))[0];
  if (newest !== undefined) return newest;
  throw new LejepaError({
    code: "E_USAGE",
    where: "--resume",
    expected: "a run to go on with",
    got: "none in runs/",
    hint: "Name its folder: --out DIR.",
  });
}

// 2026-11-23-113340: sorts by time, allowed in file names everywhere
function timeName(now: Date): string {
  const [date = "", time = ""] = now.toISOString().split("T");
  return `${date}-${time.slice(0, 8).replaceAll(":", "")}`;
}

function describe({ status, folder, info, last }: PretrainResult): object {
  return { status, folder, run: info, last: last ?? null };
}

function summary({ status, folder, info, last }: PretrainResult): string {
  const { done, total } = info.steps;
  const where = relative(process.cwd(), folder) || ".";
  const lines = [
    `${status}: ${done} of ${total} steps${last === undefined ? "" : `, loss ${last.loss.toFixed(4)}`}, in ${where}`,
  ];
  if (last?.probeKnn !== undefined)
    lines.push(`online probe on validation images: kNN ${percent(last.probeKnn)}, linear ${percent(last.probeLinear)}`);
  if (done < total) lines.push(`go on:   lejepa pretrain --resume --out ${where}`);
  lines.push(`measure: lejepa compare --run ${where}`);
  return lines.join("\n");
}

const percent = (share: number | undefined): string => `${(100 * (share ?? Number.NaN)).toFixed(1)} %`;

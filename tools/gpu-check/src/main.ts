// Checks and measures every device of this machine, in at most ten minutes, the most telling first:
//   node main.js [--device NAME ...] [--out DIR] [--minutes N] [--quick] [--python FILE]
// Results are written as they come. Exit status 1 when a device that works computes something wrong.
import { availableParallelism, arch, cpus, platform } from "node:os";
import { dirname, join } from "node:path";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import {
  type SigregCase,
  type StepCase,
  gpuSigregCases,
  gpuStepCases,
  quickSigregCases,
  quickStepCases,
} from "@lejepa/bench";
import type { Measured } from "@lejepa/bench";
import { devicePrecisions, precisions } from "@lejepa/contracts";
import { cudaDriver, cudaVersionText, halfBounds, type Precision } from "@lejepa/engine";
import { answerOf, type Failed } from "./child.ts";
import type { CheckName } from "./check.ts";
import type { LossesResult } from "./losses.ts";
import type { OpsResult } from "./ops.ts";
import { type CheckOptions, help, readOptions } from "./options.ts";
import { Report } from "./report.ts";
import type { SigregResult } from "./sigreg.ts";

function optionsOrExit(): CheckOptions {
  try {
    const options = readOptions(process.argv.slice(2));
    if (!options.help) return options;
    console.log(help);
    process.exit(0);
  } catch (error) {
    console.error(String((error as Error).message));
    process.exit(2);
  }
}

const values = optionsOrExit();
const end = Date.now() + values.minutes * 60_000;
const here = dirname(fileURLToPath(import.meta.url));
const bench = dirname(createRequire(import.meta.url).resolve("@lejepa/bench/package.json"));
const threads = String(availableParallelism());
const steps = values.quick ? "2" : "5";
/** Losses of two devices agree to this. */
const LOSS_BOUND = 1e-3;

const failed = (answer: object): answer is Failed => "problem" in answer;
/** One measurement may not eat up the time of all others. */
const limitMs = (): number => Math.max(1000, Math.min(end - Date.now(), values.quick ? 300_000 : 120_000));
const timeLeft = (): boolean => end - Date.now() > 5000;

const check = <T extends object>(name: CheckName, device: string, precision = "float32"): Promise<T | Failed> =>
  answerOf<T>([process.execPath, join(here, "check.js"), name, device, values.quick ? "quick" : "whole", precision], {
    limitMs: limitMs(),
  });

/** What a device has of this list. */
const precisionsOf = (device: string, wanted: readonly Precision[]): readonly Precision[] =>
  devicePrecisions[device as keyof typeof devicePrecisions].filter((precision) => wanted.includes(precision));

const halves = ["float16", "bfloat16"] as const;

async function gpus(): Promise<string[]> {
  const driver = await cudaDriver();
  if (!driver.ok) return [];
  const runs = `CUDA up to ${cudaVersionText(driver.version)}`;
  return driver.devices.map(
    ({ name, memoryBytes, capability }) =>
      `${name}, ${(memoryBytes / 2 ** 30).toFixed(0)} GiB, compute ${capability}, ${runs}`,
  );
}

interface Torch {
  readonly version: string;
  readonly cuda: boolean;
}

const torchProgram =
  "import json, torch; print(json.dumps({'version': torch.__version__, 'cuda': torch.cuda.is_available()}))";

async function findTorch(): Promise<Torch | undefined> {
  const answer = await answerOf<Torch>([values.python, "-c", torchProgram], { limitMs: 60_000 });
  return failed(answer) ? undefined : answer;
}

const torch = await findTorch();
const report = new Report(values.out, {
  platform: `${platform()}-${arch()}`,
  processor: cpus()[0]?.model.trim() ?? "unknown",
  cores: availableParallelism(),
  gpus: await gpus(),
  node: process.versions.node,
  torch: torch?.version ?? null,
});

function add(
  what: string,
  device: string,
  ok: boolean | null,
  result: string,
  data: object,
  precision = "float32",
): void {
  report.add({ what, device, precision, ok, result, data });
  console.log(`${what} on ${device} (${precision}): ${ok === false ? "WRONG: " : ""}${result}`);
}

/** A check without an answer is wrong, unless there was too little time for it, or the GPU lacks what the precision needs. */
const addFailed = (what: string, device: string, failure: Failed, precision = "float32"): void => {
  const excused = failure.late === true || failure.problem.startsWith(`precision ${precision} on ${device}`);
  add(what, device, excused ? null : false, failure.problem, failure, precision);
};

/** Devices that compute; the others are findings, not errors. */
async function workingDevices(): Promise<string[]> {
  const working: string[] = [];
  for (const device of values.device) {
    const answer = await check<{ startMs: number }>("works", device);
    if (failed(answer)) add("works", device, null, answer.problem, answer);
    else {
      working.push(device);
      add("works", device, true, `ready after ${answer.startMs.toFixed(0)} ms`, answer);
    }
  }
  return working;
}

async function checkOps(device: string, precision: Precision): Promise<void> {
  const answer = await check<OpsResult>("ops", device, precision);
  if (failed(answer)) return addFailed("ops", device, answer, precision);
  const { agree, kernels, differences } = answer;
  const text = [`${agree} of ${kernels} kernels agree`, ...differences].join("; ");
  add("ops", device, agree === kernels, text, answer, precision);
}

async function checkSigreg(device: string): Promise<void> {
  const answer = await check<SigregResult>("sigreg", device);
  if (failed(answer)) return addFailed("SIGReg values", device, answer);
  const { value, gradient, bounds } = answer;
  const ok = value < bounds.value && gradient < bounds.gradient;
  const text = `off by ${value.toExponential(1)}, gradient ${gradient.toExponential(1)} (allowed ${bounds.value}, ${bounds.gradient})`;
  add("SIGReg values", device, ok, text, answer);
}

async function checkLosses(devices: readonly string[]): Promise<void> {
  if (devices.every((name) => name === "cpu")) return;
  const cpu = await check<LossesResult>("losses", "cpu");
  for (const device of devices.filter((name) => name !== "cpu")) {
    for (const precision of precisionsOf(device, ["float32", ...halves])) {
      if (!timeLeft()) return;
      const answer = await check<LossesResult>("losses", device, precision);
      if (failed(answer) || failed(cpu)) {
        addFailed("losses as on cpu", device, failed(answer) ? answer : (cpu as Failed), precision);
        continue;
      }
      compareLosses(answer, cpu, { device, precision });
    }
  }
}

/** In 16 bits only the first loss has a bound: steps drift apart from there. */
function compareLosses(
  found: LossesResult,
  cpu: LossesResult,
  { device, precision }: { readonly device: string; readonly precision: Precision },
): void {
  const half = halves.find((name) => name === precision);
  for (const [model, { losses, hostNodes }] of Object.entries(found)) {
    const compared = half === undefined ? losses : losses.slice(0, 1);
    const worst = Math.max(...compared.map((loss, i) => Math.abs(loss / (cpu[model]?.losses[i] as number) - 1)));
    const left = hostNodes.length === 0 ? "" : `; left to the CPU: ${hostNodes.join(", ")}`;
    const text = `${compared.length} steps of ${model} within ${worst.toExponential(1)}${left}`;
    const bound = half === undefined ? LOSS_BOUND : halfBounds[half].loss;
    const ok = worst < bound && hostNodes.length === 0;
    add("losses as on cpu", device, ok, text, { model, worst, hostNodes, losses }, precision);
  }
}

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

/** One case, this project and PyTorch in turn. */
async function measure(
  c: StepCase | SigregCase,
  program: "step" | "sigreg",
  device: string,
  precision: string,
): Promise<void> {
  const input = JSON.stringify(c);
  const ours = await answerOf<Measured>(
    [process.execPath, join(bench, "dist", `${program}.js`), steps, threads, device, precision],
    { input, limitMs: limitMs() },
  );
  if (failed(ours)) return add(c.name, device, null, ours.problem, ours, precision);
  const ms = median(ours.milliseconds);
  add(c.name, device, null, rate(c, ms), { ...ours, ms }, precision);
}

async function measureTorch(c: StepCase | SigregCase, program: "step" | "sigreg", precision: string): Promise<void> {
  if (torch === undefined) return;
  const device = torch.cuda ? "cuda" : "cpu";
  const command = [values.python, join(bench, "python", `${program}.py`), steps, threads, device, precision];
  const theirs = await answerOf<Measured>(command, { input: JSON.stringify(c), limitMs: limitMs() });
  const name = `PyTorch ${device}`;
  if (failed(theirs)) return add(c.name, name, null, theirs.problem, theirs, precision);
  const ms = median(theirs.milliseconds);
  add(c.name, name, null, `${rate(c, ms)}, ${(theirs.peakBytes / 1e9).toFixed(2)} GB`, { ...theirs, ms }, precision);
}

function rate(c: StepCase | SigregCase, ms: number): string {
  if (!("views" in c)) return `${ms.toFixed(2)} ms`;
  const images = c.batch * c.views.reduce((sum, { count }) => sum + count, 0);
  return `${ms.toFixed(1)} ms a step, ${((images / ms) * 1000).toFixed(1)} views/s`;
}

const torchPrecisions = torch?.cuda === true ? ["float32", "tf32", "float16", "bfloat16"] : ["float32"];
/** SIGReg alone is float32 in mixed precision. */
const ofProgram = { step: precisions, sigreg: ["float32", "tf32"] } as const;

async function measureAll(
  cases: readonly (StepCase | SigregCase)[],
  program: "step" | "sigreg",
  devices: readonly string[],
): Promise<void> {
  for (const c of cases) {
    for (const device of devices) {
      for (const precision of precisionsOf(device, ofProgram[program])) {
        if (!timeLeft()) return;
        await measure(c, program, device, precision);
      }
    }
    for (const precision of torchPrecisions.filter((name) => ofProgram[program].includes(name as never))) {
      if (!timeLeft()) return;
      await measureTorch(c, program, precision);
    }
  }
}

const devices = await workingDevices();
for (const device of devices) {
  await checkSigreg(device);
  for (const precision of precisionsOf(device, ["float32", ...halves])) await checkOps(device, precision);
}
await checkLosses(devices);
// where there is a GPU, what the CPU takes for large cases is no news, and takes long
const fast = devices.filter((device) => device !== "cpu");
const measured = values.quick || fast.length === 0 ? devices : fast;
await measureAll(values.quick ? quickSigregCases : gpuSigregCases, "sigreg", measured);
await measureAll(values.quick ? quickStepCases : gpuStepCases, "step", measured);
if (!timeLeft()) console.log("the time is up: what is missing was not measured");
const wrong = report.findings.filter(({ ok }) => ok === false).length;
console.log(`${wrong === 0 ? "nothing wrong" : `${wrong} findings are wrong`}; the report is in ${values.out}`);
// a timer of a program that could not be started would keep this one alive
process.exit(wrong === 0 ? 0 : 1);

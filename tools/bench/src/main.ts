// `npm run bench`: training steps, SIGReg, views and data loading here and in eager PyTorch, alternating, each run in its own
// process, in about a quarter of an hour on two quiet cores.
//   node dist/main.js [--only NAME]... [--quick] [--rounds N] [--steps N] [--threads N] [--python PATH]
// `--only` takes the start of a case's name (vit-tiny, resnet, sigreg, views, decode); `--quick` is one round of two steps. Beside
// the time stands the CPU time of all threads: with `--threads 1` it means something even on a busy machine.
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { type DataCase, dataCases, type SigregCase, type StepCase, sigregCases, stepCases } from "./cases.ts";
import type { DataMeasured, Measured, ViewsMeasured } from "./input.ts";
import { type ViewCase, viewCases } from "./view-cases.ts";

const here = import.meta.dirname;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: "string", multiple: true, default: [] },
    quick: { type: "boolean", default: false },
    rounds: { type: "string" },
    steps: { type: "string" },
    threads: { type: "string", default: "2" },
    python: { type: "string", default: "/usr/bin/python3" },
  },
});
const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
const steps = values.steps ?? (values.quick ? "2" : "4");
const prefixes = [...values.only, ...positionals];

function run(command: string, args: readonly string[], input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    // BLAS libraries read their number of threads from here
    const env = { ...process.env, OMP_NUM_THREADS: values.threads, OPENBLAS_NUM_THREADS: values.threads };
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"], env });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk;
    });
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${command} ${args.join(" ")} exited with ${code}`));
    });
    child.stdin.end(input);
  });
}

const node = (program: string): readonly [string, string] => [process.execPath, path.join(here, `${program}.js`)];
const python = (program: string): readonly [string, string] => [
  values.python,
  path.join(here, `../python/${program}.py`),
];

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

interface Pair<M> {
  readonly ours: readonly M[];
  readonly torch: readonly M[];
}

/** Both sides in turn, so that a drift of the machine's speed meets both. */
async function alternate<M>(c: object, program: string, args: readonly string[]): Promise<Pair<M>> {
  const input = JSON.stringify(c);
  const ours: M[] = [];
  const torch: M[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const [[command, script], results] of [
      [node(program), ours],
      [python(program), torch],
    ] as const) {
      results.push(JSON.parse(await run(command, [script, ...args], input)) as M);
    }
  }
  return { ours, torch };
}

/** Median of the rounds' ratios, and their range. */
function ratioText<M>({ ours, torch }: Pair<M>, of: (measured: M) => number): string {
  const ratios = ours.map((measured, i) => of(torch[i] as M) / of(measured));
  return `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)})`;
}

const row = (cells: readonly string[]): void => console.log(`| ${cells.join(" | ")} |`);

function header(cells: readonly string[]): void {
  console.log();
  row(cells);
  row(cells.map(() => "---"));
}

const wanted = <T extends { readonly name: string }>(cases: readonly T[]): readonly T[] =>
  prefixes.length === 0 ? cases : cases.filter(({ name }) => prefixes.some((prefix) => name.startsWith(prefix)));

const wallOf = ({ milliseconds }: Measured): number => median(milliseconds);
const cpuOf = ({ cpuMilliseconds }: Measured): number => median(cpuMilliseconds);

/** One row; `unit` says what a step of so many milliseconds means. Returns this project's step. */
async function compare(
  c: StepCase | SigregCase,
  program: string,
  unit: (milliseconds: number) => string,
): Promise<number> {
  const pair = await alternate<Measured>(c, program, [steps, values.threads]);
  const step = (runs: readonly Measured[]): number => median(runs.map(wallOf));
  const peak = (runs: readonly Measured[]): number => median(runs.map(({ peakBytes }) => peakBytes)) / 1e9;
  row([
    c.name,
    unit(step(pair.ours)),
    unit(step(pair.torch)),
    ratioText(pair, wallOf),
    ratioText(pair, cpuOf),
    `${peak(pair.ours).toFixed(2)} / ${peak(pair.torch).toFixed(2)} GB (${(peak(pair.ours) / peak(pair.torch)).toFixed(2)})`,
  ]);
  return step(pair.ours);
}

async function compareSteps(cases: readonly StepCase[]): Promise<void> {
  if (cases.length === 0) return;
  header(["training step", "lejepa", "PyTorch", "speed ratio", "CPU time ratio", "peak memory"]);
  for (const c of cases) {
    const images = c.batch * c.views.reduce((sum, group) => sum + group.count, 0);
    await compare(c, "step", (ms) => `${((images / ms) * 1e3).toFixed(1)} views/s`);
  }
}

async function compareSigreg(cases: readonly SigregCase[]): Promise<void> {
  if (cases.length === 0) return;
  header(["SIGReg forward + backward", "lejepa", "PyTorch", "speed ratio", "CPU time ratio", "peak memory"]);
  const times = new Map<SigregCase, number>();
  for (const c of cases) times.set(c, await compare(c, "sigreg", (ms) => `${ms.toFixed(1)} ms`));
  printDoublings(times);
}

/** How the time grows from one case to the one with an extent twice as large. */
function printDoublings(times: ReadonlyMap<SigregCase, number>): void {
  for (const axis of ["samples", "dim", "slices"] as const) {
    const others = (["samples", "dim", "slices"] as const).filter((name) => name !== axis);
    const factors = [...times].flatMap(([c, time]) =>
      [...times]
        .filter(([d]) => d[axis] === 2 * c[axis] && others.every((name) => d[name] === c[name]))
        .map(([, longer]) => (longer / time).toFixed(2)),
    );
    if (factors.length > 0) console.log(`time for each doubling of ${axis}: ${factors.join(", ")}`);
  }
}

/** Views of every policy. Both sides get the same operations, settings and probabilities. */
async function compareViews(cases: readonly ViewCase[]): Promise<void> {
  if (cases.length === 0) return;
  header(["views", "lejepa", "torchvision", "speed ratio", "CPU time ratio", "a batch", "of which drawing"]);
  for (const c of cases) {
    const pair = await alternate<ViewsMeasured>(c, "views", [steps, values.threads]);
    const count = c.batch * c.groups.reduce((sum, { views }) => sum + views, 0);
    const [ours, torch] = [pair.ours, pair.torch].map((runs) => median(runs.map(wallOf))) as [number, number];
    const drawing = median(pair.ours.map(({ drawMilliseconds = [] }) => median(drawMilliseconds)));
    const rate = (ms: number): string => `${((count / ms) * 1e3).toFixed(0)} views/s`;
    const ratios = [ratioText(pair, wallOf), ratioText(pair, cpuOf)];
    row([c.name, rate(ours), rate(torch), ...ratios, `${ours.toFixed(0)} ms`, `${drawing.toFixed(1)} ms`]);
  }
}

async function compareData(cases: readonly DataCase[]): Promise<void> {
  if (cases.length === 0) return;
  header([`data loading, ${values.threads} workers`, "lejepa", "DataLoader", "speed ratio", "from the cache"]);
  for (const c of cases) {
    const folder = await mkdtemp(path.join(os.tmpdir(), "lejepa-bench-data-"));
    try {
      const [command, script] = python("data");
      await run(command, [script, "make", folder], JSON.stringify(c));
      const pair = await alternate<DataMeasured>(c, "data", [folder, values.threads]);
      const rate = (runs: readonly DataMeasured[]): string =>
        `${median(runs.map(({ decodedPerSecond }) => decodedPerSecond)).toFixed(0)} images/s`;
      const cached = median(pair.ours.map(({ cachedPerSecond }) => cachedPerSecond ?? Number.NaN));
      const ratio = ratioText(pair, ({ decodedPerSecond }) => 1 / decodedPerSecond);
      row([c.name, rate(pair.ours), rate(pair.torch), ratio, `${cached.toFixed(0)} images/s`]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

const total = [...stepCases, ...sigregCases, ...viewCases, ...dataCases];
if (wanted<{ readonly name: string }>(total).length === 0) {
  console.error(`no case of that name; there are: ${total.map(({ name }) => name).join(", ")}`);
  process.exitCode = 2;
}
await compareSteps(wanted(stepCases));
await compareSigreg(wanted(sigregCases));
await compareViews(wanted(viewCases));
await compareData(wanted(dataCases));

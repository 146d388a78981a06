// `npm run bench`: training steps here and in eager PyTorch, alternating, each run in its own process.
//   node dist/main.js [--rounds N] [--steps N] [--threads N] [--python PATH] [CASE ...]
import { spawn } from "node:child_process";
import path from "node:path";
import { parseArgs } from "node:util";
import { type SigregCase, type StepCase, sigregCases, stepCases } from "./cases.ts";
import type { Measured } from "./input.ts";

const here = import.meta.dirname;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "3" },
    steps: { type: "string", default: "5" },
    threads: { type: "string", default: "2" },
    python: { type: "string", default: "/usr/bin/python3" },
  },
});

function run(command: string, args: readonly string[], input: string): Promise<Measured> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk;
    });
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(JSON.parse(output) as Measured);
      else reject(new Error(`${command} ${args.join(" ")} exited with ${code}`));
    });
    child.stdin.end(input);
  });
}

const median = (sorted: readonly number[]): number =>
  [...sorted].sort((a, b) => a - b)[Math.floor(sorted.length / 2)] ?? Number.NaN;

const stepOf = (runs: readonly Measured[]): number => median(runs.map(({ milliseconds }) => median(milliseconds)));
const peakOf = (runs: readonly Measured[]): string => (median(runs.map(({ peakBytes }) => peakBytes)) / 1e9).toFixed(2);

interface Pair {
  readonly name: string;
  readonly ours: readonly Measured[];
  readonly torch: readonly Measured[];
}

/** Both sides in turn, so that a drift of the machine's speed meets both. */
async function alternate(c: StepCase | SigregCase, program: string): Promise<Pair> {
  const input = JSON.stringify(c);
  const counts = [values.steps, values.threads];
  const ours: Measured[] = [];
  const torch: Measured[] = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    ours.push(await run(process.execPath, [path.join(here, `${program}.js`), ...counts], input));
    torch.push(await run(values.python, [path.join(here, `../python/${program}.py`), ...counts], input));
  }
  return { name: c.name, ours, torch };
}

function printRow({ name, ours, torch }: Pair, unit: (milliseconds: number) => string): void {
  const ratios = ours.map(({ milliseconds }, i) => median(torch[i]?.milliseconds ?? []) / median(milliseconds));
  const spread = `${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)}`;
  const ratio = `${median(ratios).toFixed(2)} (${spread})`;
  const memory = `${peakOf(ours)} / ${peakOf(torch)} GB`;
  console.log(`| ${[name, unit(stepOf(ours)), unit(stepOf(torch)), ratio, memory].join(" | ")} |`);
}

const wanted = <T extends { readonly name: string }>(cases: readonly T[]): readonly T[] =>
  positionals.length === 0 ? cases : cases.filter(({ name }) => positionals.some((p) => name.startsWith(p)));

console.log("| case | lejepa | PyTorch | speed ratio (min-max) | peak memory |\n|---|---|---|---|---|");
for (const c of wanted(stepCases)) {
  const images = c.batch * c.views.reduce((sum, group) => sum + group.count, 0);
  printRow(await alternate(c, "step"), (ms) => `${((images / ms) * 1e3).toFixed(1)} views/s`);
}
for (const c of wanted(sigregCases)) printRow(await alternate(c, "sigreg"), (ms) => `${ms.toFixed(0)} ms`);

// `npm run bench`: training steps here and in eager PyTorch, alternating, each run in its own process.
//   node dist/main.js [--rounds N] [--steps N] [--threads N] [--python PATH] [CASE ...]
import { spawn } from "node:child_process";
import path from "node:path";
import { parseArgs } from "node:util";
import { type StepCase, stepCases } from "./cases.ts";

interface Measured {
  readonly milliseconds: readonly number[];
  readonly peakBytes: number;
}

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

const median = (sorted: readonly number[]): number => [...sorted].sort((a, b) => a - b)[Math.floor(sorted.length / 2)] ?? Number.NaN;

async function measure(c: StepCase): Promise<void> {
  const input = JSON.stringify(c);
  const script = path.join(here, "../python/step.py");
  const ours: Measured[] = [];
  const torch: Measured[] = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    ours.push(await run(process.execPath, [path.join(here, "step.js"), values.steps, values.threads], input));
    torch.push(await run(values.python, [script, values.steps, values.threads], input));
  }
  const images = c.batch * c.views.reduce((sum, group) => sum + group.count, 0);
  const stepOf = (runs: readonly Measured[]): number => median(runs.map(({ milliseconds }) => median(milliseconds)));
  const peakOf = (runs: readonly Measured[]): number => median(runs.map(({ peakBytes }) => peakBytes)) / 1e9;
  const ratios = ours.map(({ milliseconds }, i) => median(torch[i]?.milliseconds ?? []) / median(milliseconds));
  const row = [
    c.name,
    `${((images / stepOf(ours)) * 1e3).toFixed(1)}`,
    `${((images / stepOf(torch)) * 1e3).toFixed(1)}`,
    `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)})`,
    `${peakOf(ours).toFixed(2)} / ${peakOf(torch).toFixed(2)} GB`,
  ];
  console.log(`| ${row.join(" | ")} |`);
}

const wanted = positionals.length === 0 ? stepCases : stepCases.filter(({ name }) => positionals.some((p) => name.startsWith(p)));
console.log("| step | views/s, lejepa | views/s, PyTorch | ratio (min-max) | peak memory, lejepa / PyTorch |\n|---|---|---|---|---|");
for (const c of wanted) await measure(c);

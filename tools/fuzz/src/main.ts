// Makes damaged copies of real files, decodes and inspects each, and prints what became of them.
//   node dist/main.js --dataset ID --files DIR [--mutants 5000] [--seed 1] [--options JSON] [--seconds 2] [--megabytes 1024]
//     [--keep DIR]
// Exit status 1 when a mutant did what none may. `--keep` gets the mutants that were not decoded or refused in words.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { extname, join, relative } from "node:path";
import { parseArgs } from "node:util";
import { findDataset } from "@lejepa/contracts";
import { decodeFolder, type Fate, inspectFolder, type Outcome, outcomes, type Target } from "./attack.ts";
import { mutant } from "./mutate.ts";

const { values } = parseArgs({
  options: {
    dataset: { type: "string" },
    files: { type: "string" },
    mutants: { type: "string", default: "5000" },
    seed: { type: "string", default: "1" },
    options: { type: "string", default: "{}" },
    seconds: { type: "string", default: "2" },
    megabytes: { type: "string", default: "1024" },
    "max-bytes": { type: "string", default: String(2 << 20) },
    keep: { type: "string" },
  },
});

const batchSize = 200;

interface Made {
  readonly name: string;
  readonly kind: string;
  readonly number: number;
  readonly from: string;
}

type Counts = Map<string, Map<Outcome, number>>;

function filesBelow(folder: string): string[] {
  const limit = Number(values["max-bytes"]);
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile() && statSync(path).size <= limit)
    .sort();
}

function makeBatch(folder: string, sources: readonly string[], first: number, size: number): Made[] {
  return Array.from({ length: size }, (_, i) => {
    const number = first + i;
    const from = sources[number % sources.length] as string;
    // the next kind each time round, so that every file meets every kind
    const round = Math.floor(number / sources.length) + (number % sources.length);
    const { kind, bytes } = mutant(readFileSync(from), { seed: Number(values.seed), number, kind: round });
    const name = `${String(number).padStart(6, "0")}${extname(from)}`;
    writeFileSync(join(folder, name), bytes);
    return { name, kind, number, from };
  });
}

function count(counts: Counts, kind: string, { outcome }: Fate): void {
  const own = counts.get(kind) ?? new Map<Outcome, number>();
  counts.set(kind, own);
  own.set(outcome, (own.get(outcome) ?? 0) + 1);
}

function table(title: string, counts: Counts): string {
  const row = (name: string, cells: readonly (string | number)[]): string =>
    name.padEnd(14) + cells.map((cell) => String(cell).padStart(12)).join("");
  const totals = outcomes.map((outcome) => [...counts.values()].reduce((sum, own) => sum + (own.get(outcome) ?? 0), 0));
  const lines = [...counts].map(([kind, own]) =>
    row(
      kind,
      outcomes.map((outcome) => own.get(outcome) ?? 0),
    ),
  );
  return [row(title, outcomes), ...lines, row("all", totals)].join("\n");
}

async function main(): Promise<number> {
  const { dataset, files, keep } = values;
  if (dataset === undefined || files === undefined) {
    process.stderr.write("needs --dataset ID and --files DIR\n");
    return 2;
  }
  const module = (await import(`@lejepa/dataset-${dataset}`)) as Record<string, unknown>;
  const sources = existsSync(files) ? filesBelow(files) : [];
  if (sources.length === 0) {
    process.stderr.write(`no files of at most ${values["max-bytes"]} bytes below ${files}\n`);
    return 2;
  }
  const root = mkdtempSync(join(tmpdir(), "lejepa-fuzz-"));
  const target: Target = {
    plugin: findDataset(module, dataset),
    options: JSON.parse(values.options) as Record<string, unknown>,
    limits: { seconds: Number(values.seconds), megabytes: Number(values.megabytes) },
    cacheDir: join(root, "cache"),
  };
  const decoded: Counts = new Map();
  const inspected: Counts = new Map();
  const told: string[] = [];
  const wanted = Number(values.mutants);
  try {
    for (let first = 0; first < wanted; first += batchSize) {
      const folder = join(root, `batch-${first}`);
      mkdirSync(folder);
      const made = makeBatch(folder, sources, first, Math.min(batchSize, wanted - first));
      // whole files beside the mutants: a set of which nothing decodes is an error of its own
      const whole = sources.slice(0, 5).map((path, i) => [path, `whole-${i}${extname(path)}`] as const);
      for (const [path, name] of whole) copyFileSync(path, join(folder, name));
      const names = made.map(({ name }) => name);
      const fates = [
        [decoded, await decodeFolder(target, folder, names)],
        [inspected, await inspectFolder(target, folder, names)],
      ] as const;
      for (const [counts, list] of fates) {
        for (const [i, fate] of list.entries()) {
          const { kind, number, from, name } = made[i] as Made;
          count(counts, kind, fate);
          if (["ok", "refused", "not listed"].includes(fate.outcome)) continue;
          told.push(`${fate.outcome}: ${fate.words} (${kind}, mutant ${number} of ${relative(files, from)})`);
          if (keep === undefined) continue;
          mkdirSync(keep, { recursive: true });
          copyFileSync(join(folder, name), join(keep, name));
        }
      }
      process.stderr.write(`${first + made.length} of ${wanted}\n`);
      rmSync(folder, { recursive: true });
      rmSync(target.cacheDir, { recursive: true, force: true });
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
  const title = `${dataset}, ${sources.length} files, seed ${values.seed}`;
  process.stdout.write(`${title}\n${told.map((line) => `  ${line}\n`).join("")}${table("decode", decoded)}\n`);
  if (inspected.size > 0) process.stdout.write(`${table("inspect", inspected)}\n`);
  const wrong = [...decoded.values(), ...inspected.values()].reduce((sum, own) => sum + (own.get("WRONG") ?? 0), 0);
  return wrong === 0 ? 0 : 1;
}

process.exitCode = await main();

// `lejepa compare`: encoders of runs and baselines through the probes of @lejepa/eval. No probes here.
import { basename, join, resolve } from "node:path";
import { type DatasetItem, LejepaError, nearest } from "@lejepa/contracts";
import { type ImageStore, type Splits, splitItems } from "@lejepa/data";
import { configuredEngine } from "@lejepa/engine";
import { type Candidate, compareEncoders, formatComparison, randomEncoder } from "@lejepa/eval";
import { type LoadedEncoder, loadEncoder } from "@lejepa/train";
import { parseCheckpoint, runOfCheckpoint } from "../checkpoint-flag.ts";
import { listenForInterrupt } from "../interrupt.ts";
import type { Output } from "../output.ts";
import type { ConfigFlags, ReadyConfig } from "../resolve-config.ts";
import { configOfRun, openStore } from "../run-images.ts";
import { makeFolder, writeNew } from "../tables.ts";

/** Flags of the verb. */
export interface CompareFlags extends ConfigFlags {
  readonly run: readonly string[];
  readonly baseline?: readonly string[];
  readonly seeds: number;
  readonly checkpoint: string;
  readonly out?: string;
}

const baselines = ["random", "pixels"];

/** Compares the runs with the baselines, on the images of the first run. */
export async function compare(flags: CompareFlags, output: Output): Promise<void> {
  const wanted = checkBaselines(flags.baseline ?? baselines);
  const checkpoint = parseCheckpoint(flags.checkpoint);
  const runs = flags.run.map((folder) => ({
    name: basename(resolve(folder)),
    loaded: loadEncoder(folder, { checkpoint }),
  }));
  const first = flags.run[0] as string;
  const config = await configOfRun(runOfCheckpoint(first), flags);
  const interrupt = listenForInterrupt(() => output.note("stopping"));
  const { signal } = interrupt;
  const store = await openStore(config, { output, signal });
  const engine = await configuredEngine(config);
  try {
    const candidates = [
      ...runs.map(({ name, loaded }) => trained(name, loaded)),
      ...(wanted.includes("random") ? untrained(runs, { ...flags, seed: config.seed }) : []),
    ];
    const splits = splitsToProbe(store, config, output);
    const comparison = await compareEncoders(engine, {
      store,
      splits,
      candidates,
      pixels: wanted.includes("pixels"),
      signal,
      onProgress: (what) => output.note(`probing ${what}`),
    });
    const checkpoints = runs.map(({ name, loaded: { path, step } }) => ({ name, path, step }));
    const document = { ...comparison, checkpoints };
    const text = formatComparison(comparison);
    if (flags.out !== undefined) save(flags.out, JSON.stringify(document, null, 2), text);
    output.result(document, text);
  } finally {
    interrupt.release();
    await engine.dispose();
    store.close();
  }
}

function checkBaselines(names: readonly string[]): readonly string[] {
  const unknown = names.find((name) => !baselines.includes(name));
  if (unknown === undefined) return names;
  const similar = nearest(unknown, baselines);
  throw new LejepaError({
    code: "E_USAGE",
    where: "--baseline",
    expected: baselines.join(" or "),
    got: unknown,
    hint: similar && `Did you mean ${similar}?`,
  });
}

function trained(name: string, { encoder, values, image }: LoadedEncoder): Candidate {
  return { name, encoders: [{ encoder, values, ...image }] };
}

// of each architecture once
function untrained(
  runs: readonly { readonly loaded: LoadedEncoder }[],
  { seeds, seed }: { readonly seeds: number; readonly seed: number },
): Candidate[] {
  const kinds = new Map(runs.map(({ loaded }) => [JSON.stringify([loaded.spec, loaded.image]), loaded]));
  return [...kinds.values()].map(({ encoder, image }) => ({
    name: kinds.size === 1 ? "random init" : `random init, ${encoder.name}`,
    encoders: Array.from({ length: seeds }, (_, i) => ({
      encoder,
      values: randomEncoder(encoder, seed + i),
      ...image,
    })),
  }));
}

// What was held out from training is measured on. Without a test split that is the validation split; the probes then choose
// their regularisation on a tenth of the training images.
function splitsToProbe(store: ImageStore, config: ReadyConfig, output: Output): Splits {
  const splits = splitItems(store.items, config.data.splits);
  if (splits.test.length > 0) return splits;
  output.note("no test split (data.splits.test is 0): measured on the validation images");
  const items = Array.from(splits.train, (row) => store.items[row] as DatasetItem);
  const inner = splitItems(items, { validation: 0.1, test: 0, stratify: true, seed: config.data.splits.seed });
  const rows = (some: Uint32Array): Uint32Array => some.map((i) => splits.train[i] as number);
  return { train: rows(inner.train), validation: rows(inner.validation), test: splits.validation };
}

function save(folder: string, document: string, text: string): void {
  makeFolder(folder);
  const encode = (content: string): Uint8Array[] => [new TextEncoder().encode(content)];
  writeNew(join(folder, "comparison.json"), encode(`${document}\n`), { replace: true });
  writeNew(join(folder, "comparison.txt"), encode(text), { replace: true });
}

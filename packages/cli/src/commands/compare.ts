// `lejepa compare`: encoders of runs and baselines through the probes of @lejepa/eval. No probes here.
import { basename, join, resolve } from "node:path";
import { type DatasetItem, LejepaError, nearest } from "@lejepa/contracts";
import { type ImageStore, type Splits, splitItems } from "@lejepa/data";
import { createEngine } from "@lejepa/engine";
import { type Candidate, comparisonCsv, compareEncoders, formatComparison, randomEncoder } from "@lejepa/eval";
import { type LoadedEncoder, loadEncoder } from "@lejepa/train";
import { parseCheckpoint, runOfCheckpoint } from "../checkpoint-flag.ts";
import { compareSettings, type ProbeFlags } from "../compare-flags.ts";
import { listenForInterrupt } from "../interrupt.ts";
import type { Output } from "../output.ts";
import type { ConfigFlags, ReadyConfig } from "../resolve-config.ts";
import { configOfRun, openStore } from "../run-images.ts";
import { makeFolder, writeNew } from "../tables.ts";

/** Flags of the verb. */
export interface CompareFlags extends ConfigFlags, ProbeFlags {
  readonly run: readonly string[];
  readonly baseline?: readonly string[];
  readonly checkpoint: string;
  readonly out?: string;
}

const baselines = ["random", "pixels"];

/** Compares the runs with the baselines, on the images of the first run. */
export async function compare(flags: CompareFlags, output: Output): Promise<void> {
  const wanted = checkBaselines(flags.baseline ?? baselines);
  const settings = compareSettings(flags);
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
  const engine = await createEngine({
    device: config.device,
    ...(config.threads !== null && { threads: config.threads }),
  });
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
      ...settings,
      seed: config.seed,
      context: { checkpoints: runs.map(({ name, loaded: { path, step } }) => ({ name, path, step })) },
      signal,
      onProgress: (what) => output.note(`probing ${what}`),
    });
    const text = formatComparison(comparison);
    if (flags.out !== undefined) {
      const document = `${JSON.stringify(comparison, null, 2)}\n`;
      save(flags.out, { json: document, csv: comparisonCsv(comparison), txt: text });
    }
    output.result(comparison, text);
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
  return { name, kind: "own", encoders: [{ encoder, values, ...image }] };
}

// of each architecture once
function untrained(
  runs: readonly { readonly loaded: LoadedEncoder }[],
  { seeds, seed }: { readonly seeds: number; readonly seed: number },
): Candidate[] {
  const kinds = new Map(runs.map(({ loaded }) => [JSON.stringify([loaded.spec, loaded.image]), loaded]));
  return [...kinds.values()].map(({ encoder, image }) => ({
    kind: "random",
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

function save(folder: string, texts: Readonly<Record<string, string>>): void {
  makeFolder(folder);
  for (const [ending, text] of Object.entries(texts))
    writeNew(join(folder, `comparison.${ending}`), [new TextEncoder().encode(text)], { replace: true });
}

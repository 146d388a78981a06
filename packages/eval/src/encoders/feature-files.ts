// The feature cache: features of an encoder on rows of a store, in parts of a few hundred rows, each a safetensors file that
// appears whole or not at all. Content-addressed: the folder's name is a digest of everything the features depend on, so
// nothing is ever overwritten by something else, and a stopped computation goes on at the first missing part.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { LejepaError } from "@lejepa/contracts";
import { type ImageStore, isAlive, makeFolder, replaceFile, replaceJson } from "@lejepa/data";
import { readSafetensors, type Safetensors, writeSafetensors } from "@lejepa/encoders";
import { collect, type FeatureSource } from "../features.ts";
import { matrix } from "../matrix.ts";
import type { FeatureOptions, FeatureSet } from "./opened-encoder.ts";

/** Changes whenever the same settings would give other features. */
const version = 1;

/** Rows of a part. */
export const partRows = 256;

/** What is to be computed, and where it is kept. */
export interface CachedExtraction {
  /** For errors. */
  readonly name: string;
  /** Everything besides the images that the features depend on; JSON. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly store: ImageStore;
  readonly rows: Uint32Array;
  readonly outputs: readonly string[];
  readonly options: FeatureOptions;
  /** Undefined: nothing is kept. */
  readonly cacheDir?: string | undefined;
  /** Opened when a part is missing. */
  open(): Promise<FeatureSource>;
}

/**
 * Features of rows, from the cache as far as they are there.
 *
 * @throws LejepaError as `OpenedEncoder.extract`
 */
export async function extractCached(extraction: CachedExtraction): Promise<FeatureSet> {
  const { rows, options, open } = extraction;
  const sorted = Uint32Array.from(new Set(rows)).sort();
  const folder = cacheFolder(extraction, sorted);
  let source: FeatureSource | undefined;
  const parts: ReadonlyMap<string, Float32Array>[] = [];
  try {
    for (let start = 0; start < sorted.length; start += partRows) {
      const chunk = sorted.subarray(start, start + partRows);
      const file = folder && join(folder, `part-${String(start / partRows).padStart(6, "0")}.safetensors`);
      let part = file === undefined ? undefined : readPart(file, chunk.length, extraction.outputs);
      if (part === undefined) {
        if (source === undefined && folder !== undefined) removeLeftovers(folder);
        source ??= await open();
        part = await computePart(source, chunk, { extraction, file, start, total: sorted.length });
      }
      parts.push(part);
      options.onProgress?.(start + chunk.length, sorted.length);
    }
  } finally {
    await source?.dispose();
  }
  return gather(parts, { rows, sorted, outputs: extraction.outputs });
}

function cacheFolder(
  { cacheDir, settings, store, outputs, options }: CachedExtraction,
  sorted: Uint32Array,
): string | undefined {
  // a store that cannot say what it holds cannot be recognised again
  if (cacheDir === undefined || store.fingerprint === "") return undefined;
  const key = {
    version,
    settings,
    images: store.fingerprint,
    rows: createHash("sha256").update(sorted).digest("hex"),
    outputs: [...outputs].sort(),
    precision: options.precision ?? "float32",
  };
  const digest = createHash("sha256").update(JSON.stringify(key)).digest("hex").slice(0, 32);
  const folder = join(cacheDir, "features", digest);
  if (!existsSync(join(folder, "key.json"))) {
    makeFolder(folder);
    replaceJson(folder, "key.json", key);
  }
  return folder;
}

/** What killed processes were writing: `replaceFile` puts its process into the name. */
function removeLeftovers(folder: string): void {
  for (const name of readdirSync(folder)) {
    const owner = /\.(\d+)\.tmp$/.exec(name)?.[1];
    if (owner !== undefined && !isAlive(Number(owner))) rmSync(join(folder, name), { force: true });
  }
}

/** The part, or undefined when it is missing or not whole. */
function readPart(
  file: string,
  count: number,
  outputs: readonly string[],
): ReadonlyMap<string, Float32Array> | undefined {
  if (!existsSync(file)) return undefined;
  let content: Safetensors;
  try {
    content = readSafetensors(readFileSync(file), { where: file });
  } catch {
    // cut off by a crash of the machine: computed again
    return undefined;
  }
  const whole = outputs.every((name) => content.tensors.get(name)?.shape[0] === count);
  return whole ? new Map([...content.tensors].map(([name, { data }]) => [name, data])) : undefined;
}

interface PartPlace {
  readonly extraction: CachedExtraction;
  readonly file: string | undefined;
  readonly start: number;
  readonly total: number;
}

async function computePart(
  source: FeatureSource,
  rows: Uint32Array,
  { extraction, file, start, total }: PartPlace,
): Promise<ReadonlyMap<string, Float32Array>> {
  const { options, name, outputs } = extraction;
  const features = await collect(source, rows, {
    signal: options.signal,
    onProgress: (done) => options.onProgress?.(start + done, total),
  });
  const half = options.precision === "float16";
  for (const values of Object.values(features)) checkNumbers(values, { name, rows, half });
  const dtype: "F16" | "F32" = half ? "F16" : "F32";
  const tensors = new Map(
    outputs.map((output) => {
      const data = features[output] as Float32Array;
      return [output, { shape: [rows.length, data.length / rows.length], data, dtype }];
    }),
  );
  const bytes = writeSafetensors(tensors);
  if (file !== undefined) replaceFile(file, [bytes]);
  // what a later call will read
  return new Map([...readSafetensors(bytes).tensors].map(([output, { data }]) => [output, data]));
}

const largestHalf = 65_504;

function checkNumbers(
  values: Float32Array,
  { name, rows, half }: { readonly name: string; readonly rows: Uint32Array; readonly half: boolean },
): void {
  const at = values.findIndex((value) => !Number.isFinite(value));
  const row = (index: number): number => rows[Math.floor((index * rows.length) / values.length)] as number;
  if (at >= 0) {
    throw new LejepaError({
      code: "E_NAN",
      where: `features of ${name}`,
      expected: "finite numbers",
      got: `${values[at]} for image ${row(at)}`,
      hint: "The model does not fit these images, or its weights are damaged: check mean, std and input size.",
    });
  }
  const large = half ? values.findIndex((value) => Math.abs(value) > largestHalf) : -1;
  if (large < 0) return;
  throw new LejepaError({
    code: "E_NAN",
    where: `features of ${name}`,
    expected: `values up to ${largestHalf} for float16`,
    got: `${values[large]} for image ${row(large)}`,
    hint: "Keep the features as float32.",
  });
}

function gather(
  parts: readonly ReadonlyMap<string, Float32Array>[],
  {
    rows,
    sorted,
    outputs,
  }: { readonly rows: Uint32Array; readonly sorted: Uint32Array; readonly outputs: readonly string[] },
): FeatureSet {
  const place = new Map(Array.from(sorted, (row, i) => [row, i]));
  const set = outputs.map((name) => {
    const columns = (parts[0]?.get(name)?.length ?? 0) / Math.max(1, Math.min(partRows, sorted.length));
    const data = new Float32Array(rows.length * columns);
    for (const [i, row] of rows.entries()) {
      const at = place.get(row) as number;
      const offset = (at % partRows) * columns;
      data.set(parts[Math.floor(at / partRows)]?.get(name)?.subarray(offset, offset + columns) ?? [], i * columns);
    }
    return [name, matrix(data, rows.length, columns)] as const;
  });
  return Object.fromEntries(set) as FeatureSet;
}

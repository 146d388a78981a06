// From flags and files to a complete configuration with its dataset plugin. Checking values is the schema's work.
import { existsSync, readFileSync } from "node:fs";
import { basename, extname, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import {
  applySettings,
  type BoundDataset,
  type Config,
  isLejepaError,
  LejepaError,
  parseConfig,
} from "@lejepa/contracts";
import { loadDataset } from "./load-dataset.ts";
import { shippedIds } from "./shipped-datasets.ts";

/** The flags that make a configuration; `set` is applied before the others. */
export interface ConfigFlags {
  readonly config?: string;
  readonly set?: readonly string[];
  readonly data?: string;
  readonly dataset?: string;
  readonly device?: string;
  readonly deviceIndex?: number;
  readonly seed?: number;
  readonly maxSteps?: number;
}

/** What a configuration starts from. */
export interface ConfigBase {
  readonly value: unknown;
  /** Its name for messages. */
  readonly source: string;
}

/** A configuration whose dataset is ready to be read. */
export type ReadyConfig = Config & { readonly dataset: BoundDataset };

/** Where a configuration is looked for, in this order. */
export const configFileNames: readonly string[] = [
  "lejepa.config.ts",
  "lejepa.config.js",
  "lejepa.config.mjs",
  "lejepa.config.json",
];

/**
 * Reads the configuration that the flags ask for.
 *
 * @param base a configuration to start from instead of a file
 * @param note is told how the format of the images was found
 * @throws LejepaError E_USAGE, E_CONFIG, E_DATASET_OPTIONS
 */
export async function resolveConfig(
  flags: ConfigFlags,
  { base, note }: { readonly base?: ConfigBase; readonly note?: (line: string) => void } = {},
): Promise<ReadyConfig> {
  const { value, source } = await readSettings(flags, { ...(base && { base }), ...(note && { note }) });
  const config = parseConfig(value, source);
  return { ...config, dataset: await loadDataset(config.dataset) };
}

/**
 * What the user said, from file and flags, before it is checked and completed. Without a dataset's name, the images say which
 * plugin reads them; `note` is told.
 *
 * @throws LejepaError E_USAGE, E_CONFIG
 */
export async function readSettings(
  flags: ConfigFlags,
  { base, note }: { readonly base?: ConfigBase; readonly note?: (line: string) => void } = {},
): Promise<ConfigBase> {
  const { value, source } = base ?? (await readConfig(flags));
  const settings = [
    ...(flags.set ?? []),
    ...(flags.device === undefined ? [] : [`device=${flags.device}`]),
    ...(flags.deviceIndex === undefined ? [] : [`deviceIndex=${flags.deviceIndex}`]),
    ...(flags.seed === undefined ? [] : [`seed=${flags.seed}`]),
    ...(flags.maxSteps === undefined ? [] : [`schedule.maxSteps=${flags.maxSteps}`]),
  ];
  return { value: await withRecognised(applySettings(withDataset(value, flags), settings), note), source };
}

async function readConfig({
  config,
  data,
  dataset,
  set = [],
}: ConfigFlags): Promise<{ value: unknown; source: string }> {
  const file = config ?? configFileNames.find((name) => existsSync(name));
  if (file !== undefined) return { value: await readConfigFile(file), source: basename(file) };
  const isSet = set.some((setting) => /^dataset[.=]/.test(setting));
  if (data !== undefined || dataset !== undefined || isSet) return { value: {}, source: "flags" };
  throw new LejepaError({
    code: "E_USAGE",
    where: "lejepa",
    expected: "images to work on",
    got: "neither lejepa.config.ts here nor --data, --dataset or --config",
    hint: "Point it to a folder of images: --data PATH.",
  });
}

/** The value that a configuration file holds. Throws LejepaError E_USAGE, E_CONFIG. */
export async function readConfigFile(file: string): Promise<unknown> {
  const path = resolve(file);
  if (!existsSync(path)) {
    throw new LejepaError({
      code: "E_USAGE",
      where: "--config",
      expected: "a configuration file",
      got: `${file}, which does not exist`,
    });
  }
  try {
    if (extname(path) === ".json") return JSON.parse(readFileSync(path, "utf8"));
    const module = (
      extname(path) === ".ts" ? await importTypeScript(path) : await import(pathToFileURL(path).href)
    ) as { default?: unknown };
    if (module.default !== undefined) return module.default;
  } catch (cause) {
    if (isLejepaError(cause)) throw cause;
    throw new LejepaError({
      code: "E_CONFIG",
      where: file,
      problem: `cannot be read: ${(cause as Error).message}`,
      cause,
    });
  }
  throw new LejepaError({
    code: "E_CONFIG",
    where: file,
    expected: "export default defineConfig({ ... })",
    got: "no default export",
  });
}

async function importTypeScript(path: string): Promise<unknown> {
  const { createJiti } = await import("jiti");
  // a configuration works wherever the command is installed, also without packages of its own
  const own = ["@lejepa/contracts", ...shippedIds.map((id) => `@lejepa/dataset-${id}`)].map((name) => [
    name,
    fileURLToPath(import.meta.resolve(name)),
  ]);
  return await createJiti(pathToFileURL(path).href, { fsCache: false, alias: Object.fromEntries(own) }).import(path);
}

/** `--dataset` replaces the dataset, `--data` its path. */
function withDataset(value: unknown, { data, dataset }: ConfigFlags): unknown {
  if ((data === undefined && dataset === undefined) || typeof value !== "object" || value === null) return value;
  const before = (value as { dataset?: { id?: unknown; options?: object } }).dataset;
  const kept = before !== undefined && (dataset === undefined || before.id === dataset) ? before : { id: dataset };
  return { ...value, dataset: { ...kept, options: { ...kept.options, ...(data !== undefined && { path: data }) } } };
}

// a dataset of which only the path is known
async function withRecognised(value: unknown, note: ((line: string) => void) | undefined): Promise<unknown> {
  if (typeof value !== "object" || value === null) return value;
  const { dataset } = value as { dataset?: { id?: unknown; options?: { path?: unknown } } };
  const path = dataset?.options?.path;
  if (dataset === undefined || dataset.id !== undefined || typeof path !== "string") return value;
  const { describeRecognised, recogniseDataset } = await import("./recognise.ts");
  const recognised = await recogniseDataset(path);
  const line = describeRecognised(path, recognised);
  if (line !== undefined && recognised.id !== "folder") note?.(line);
  return { ...value, dataset: { ...dataset, id: recognised.id } };
}

/**
 * Reading a configuration: check, say what is wrong, fill in what depends on other keys. No files are read here.
 */
import type { z } from "zod";
import { type AugmentConfig, resolveAugmentation } from "./augmentation/resolve.ts";
import { configSchema } from "./config-schema.ts";
import { devicePrecisions } from "./devices.ts";
import { LejepaError } from "./errors.ts";
import { bindDataset, domainOf, isDataset } from "./dataset.ts";
import { describeIssues } from "./issues.ts";

/** A configuration as a user writes it: everything but `dataset` has a default. */
export type ConfigInput = z.input<typeof configSchema>;

type Checked = z.output<typeof configSchema>;

/**
 * A complete configuration. What the user may leave `null` because it follows from other keys is filled in, but for what only
 * the dataset can tell: `data.channels`, and how its policy changes views. `withImages` fills that.
 */
export type Config = Omit<Checked, "views" | "encoder" | "optimizer" | "schedule"> & {
  readonly views: Omit<Checked["views"], "localSize"> & { readonly localSize: number };
  readonly encoder: Omit<Checked["encoder"], "smallStem"> & { readonly smallStem: boolean };
  readonly optimizer: Omit<Checked["optimizer"], "weightDecay"> & { readonly weightDecay: number };
  readonly schedule: Omit<Checked["schedule"], "warmupEpochs"> & { readonly warmupEpochs: number };
};

/** A configuration whose images are known: nothing that decides a run is `null`. */
export type ResolvedConfig = Omit<Config, "data" | "augment" | "views"> & {
  readonly data: Omit<Config["data"], "channels"> & { readonly channels: number };
  readonly views: { [Key in keyof Config["views"]]: NonNullable<Config["views"][Key]> };
  readonly augment: AugmentConfig;
};

/** Gives a config file its types: `export default defineConfig({ ... })`. Checks nothing. */
export function defineConfig(config: ConfigInput): ConfigInput {
  return config;
}

/** Whether an encoder is a vision transformer (the rest are ResNets). */
export function isVit(name: Checked["encoder"]["name"]): boolean {
  return name.startsWith("vit_");
}

/**
 * Checks a configuration and completes it. `parseConfig(parseConfig(x)) = parseConfig(x)`.
 *
 * @param value what the config file exports, or JSON
 * @param source name of the file for messages, e.g. `lejepa.config.ts`
 * @throws LejepaError E_CONFIG (source, key, what was expected, what came, nearest key); E_DATASET_OPTIONS when a bound
 *   plugin refuses its options
 */
export function parseConfig(value: unknown, source: string): Config {
  const result = configSchema.safeParse(value, { reportInput: true });
  if (!result.success) {
    const parts = describeIssues(source, result.error.issues, { schema: configSchema, value });
    throw new LejepaError({ code: "E_CONFIG", ...parts, cause: result.error });
  }
  const config = complete(checkPlugin(result.data, source));
  for (const check of crossChecks) refuse(check(config), source);
  // said early, as far as it can be known; without its plugin, the domain of the dataset cannot
  withImages(config, { channels: config.data.channels ?? 3, source });
  return config;
}

/**
 * The configuration for images that are known: `data.channels` is this number, and the augmentation policy (the configuration's, or that of
 * the dataset's domain) has filled in views and operations. A number of channels that the configuration has already must be the same.
 * `note` is told what of the policy does not apply.
 *
 * @throws LejepaError E_CONFIG when it is another, or an operation is wrong for these images: see `resolveAugmentation`
 */
export function withImages(
  config: Config,
  {
    channels,
    source = "config",
    note,
  }: { readonly channels: number; readonly source?: string; readonly note?: (line: string) => void },
): ResolvedConfig {
  const { data, views, augment: asked, dataset } = config;
  if (data.channels !== null && data.channels !== channels) {
    const got = String(data.channels);
    refuse({ key: "data.channels", expected: `${channels}, as the images have`, got, hint: "Leave it out." }, source);
  }
  const domain = domainOf(dataset)?.name;
  const { augment, views: own, notes } = resolveAugmentation(asked, { channels, domain, source });
  for (const line of notes) note?.(line);
  return {
    ...config,
    data: { ...data, channels },
    views: {
      ...views,
      globalScale: views.globalScale ?? [...(own.globalScale ?? paperViews.globalScale)],
      localScale: views.localScale ?? [...(own.localScale ?? paperViews.localScale)],
      ratio: views.ratio ?? [...(own.ratio ?? paperViews.ratio)],
    },
    augment,
  };
}

// arXiv:2511.08544, section 6.1; torchvision's RandomResizedCrop
const paperViews = { globalScale: [0.3, 1], localScale: [0.05, 0.3], ratio: [3 / 4, 4 / 3] } as const;

function refuse(problem: Problem | undefined, source: string): void {
  if (problem === undefined) return;
  const { key, ...parts } = problem;
  throw new LejepaError({ code: "E_CONFIG", where: `${source}: ${key}`, ...parts });
}

/** The configuration as JSON: everything but the plugin itself, which is found by its id again. */
export function configToJson(config: Config): Record<string, unknown> {
  const { plugin: _, ...dataset } = config.dataset;
  return JSON.parse(JSON.stringify({ ...config, dataset })) as Record<string, unknown>;
}

function checkPlugin(config: Checked, source: string): Checked {
  const { plugin, options } = config.dataset;
  if (plugin === undefined) return config;
  if (!isDataset(plugin)) {
    throw new LejepaError({
      code: "E_CONFIG",
      where: `${source}: dataset.plugin`,
      expected: "a dataset made with defineDataset (contract version 1)",
      got: typeof plugin,
    });
  }
  return { ...config, dataset: { ...bindDataset(plugin, options), plugin } };
}

function complete(config: Checked): Config {
  const { views, encoder, optimizer, schedule } = config;
  const vit = isVit(encoder.name);
  return {
    ...config,
    views: { ...views, localSize: views.localSize ?? localSizeFor(views.globalSize, vit ? encoder.patchSize : 4) },
    encoder: { ...encoder, smallStem: encoder.smallStem ?? (!vit && views.globalSize <= 64) },
    optimizer: { ...optimizer, weightDecay: optimizer.weightDecay ?? (vit ? 5e-2 : 5e-4) },
    schedule: { ...schedule, warmupEpochs: schedule.warmupEpochs ?? schedule.epochs / 10 },
  };
}

function localSizeFor(globalSize: number, multiple: number): number {
  return Math.max(1, Math.round((3 * globalSize) / 7 / multiple)) * multiple;
}

interface Problem {
  readonly key: string;
  readonly expected: string;
  readonly got: string;
  readonly hint?: string;
}

const crossChecks: readonly ((config: Config) => Problem | undefined)[] = [
  ({ device, precision }) =>
    devicePrecisions[device].includes(precision)
      ? undefined
      : { key: "precision", expected: `${devicePrecisions[device].join(" or ")} on ${device}`, got: precision },
  ({ device, deviceIndex }) =>
    deviceIndex === 0 || device === "cuda"
      ? undefined
      : {
          key: "deviceIndex",
          expected: `0 on ${device}`,
          got: String(deviceIndex),
          hint: "Only cuda numbers its GPUs.",
        },
  ({ views, data }) =>
    views.globalSize <= data.imageSize
      ? undefined
      : {
          key: "views.globalSize",
          expected: `at most data.imageSize (${data.imageSize})`,
          got: String(views.globalSize),
          hint: "Store larger images (data.imageSize) or cut smaller views.",
        },
  ({ views }) =>
    views.localSize <= views.globalSize
      ? undefined
      : {
          key: "views.localSize",
          expected: `at most views.globalSize (${views.globalSize})`,
          got: String(views.localSize),
        },
  ({ views, encoder }) => wholePatches("globalSize", views.globalSize, encoder),
  ({ views, encoder }) => (views.locals === 0 ? undefined : wholePatches("localSize", views.localSize, encoder)),
  ({ views }) => ordered("views.globalScale", views.globalScale),
  ({ views }) => ordered("views.localScale", views.localScale),
  ({ views }) => ordered("views.ratio", views.ratio),
  ({ views }) =>
    views.globals + views.locals >= 2
      ? undefined
      : {
          key: "views.globals",
          expected: "at least 2 views in all",
          got: "1",
          hint: "The loss compares views of one image.",
        },
  ({ data: { splits } }) =>
    splits.validation + splits.test < 1
      ? undefined
      : { key: "data.splits", expected: "validation + test below 1", got: String(splits.validation + splits.test) },
  ({ encoder }) => (isVit(encoder.name) ? resnetOnly(encoder) : undefined),
  ({ encoder }) =>
    !encoder.smallStem || !isVit(encoder.name)
      ? undefined
      : {
          key: "encoder.smallStem",
          expected: `null or false for ${encoder.name}`,
          got: "true",
          hint: "Only ResNets have a stem.",
        },
  ({ encoder }) =>
    encoder.stemStride === null || encoder.smallStem
      ? undefined
      : { key: "encoder.stemStride", expected: "null without encoder.smallStem", got: String(encoder.stemStride) },
  ({ encoder }) =>
    encoder.dropPath === 0 || isVit(encoder.name)
      ? undefined
      : {
          key: "encoder.dropPath",
          expected: `0 for ${encoder.name}`,
          got: String(encoder.dropPath),
          hint: "Only ViTs drop paths.",
        },
  ({ schedule }) =>
    schedule.warmupEpochs < schedule.epochs
      ? undefined
      : {
          key: "schedule.warmupEpochs",
          expected: `fewer than schedule.epochs (${schedule.epochs})`,
          got: String(schedule.warmupEpochs),
        },
];

function wholePatches(key: string, size: number, { name, patchSize }: Config["encoder"]): Problem | undefined {
  if (!isVit(name) || size % patchSize === 0) return undefined;
  return { key: `views.${key}`, expected: `a multiple of encoder.patchSize (${patchSize})`, got: String(size) };
}

function resnetOnly(encoder: Config["encoder"]): Problem | undefined {
  const key = (["width", "stemStride", "strides", "init"] as const).find((name) => encoder[name] !== null);
  if (key === undefined) return undefined;
  const got = JSON.stringify(encoder[key]);
  return { key: `encoder.${key}`, expected: `null for ${encoder.name}`, got, hint: "Only ResNets have this." };
}

function ordered(key: string, range: readonly [number, number] | null): Problem | undefined {
  const [from, to] = range ?? [0, 0];
  return from <= to ? undefined : { key, expected: "the smaller number first", got: `[${from}, ${to}]` };
}

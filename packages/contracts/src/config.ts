/**
 * Reading a configuration: check, say what is wrong, fill in what depends on other keys. No files are read here.
 */
import type { z } from "zod";
import { configSchema } from "./config-schema.ts";
import { devicePrecisions } from "./devices.ts";
import { LejepaError } from "./errors.ts";
import { bindDataset, isDataset } from "./dataset.ts";
import { describeIssues } from "./issues.ts";

/** A configuration as a user writes it: everything but `dataset` has a default. */
export type ConfigInput = z.input<typeof configSchema>;

type Checked = z.output<typeof configSchema>;

/**
 * A complete configuration. What the user may leave `null` because it follows from other keys is filled in, but for what only
 * the dataset can tell: `data.channels`, and with it what needs colours. `withChannels` fills that.
 */
export type Config = Omit<Checked, "views" | "encoder" | "optimizer" | "schedule"> & {
  readonly views: Omit<Checked["views"], "localSize"> & { readonly localSize: number };
  readonly encoder: Omit<Checked["encoder"], "smallStem"> & { readonly smallStem: boolean };
  readonly optimizer: Omit<Checked["optimizer"], "weightDecay"> & { readonly weightDecay: number };
  readonly schedule: Omit<Checked["schedule"], "warmupEpochs"> & { readonly warmupEpochs: number };
};

/** A configuration whose number of channels is known: nothing that decides a run is `null`. */
export type ResolvedConfig = Omit<Config, "data" | "augment"> & {
  readonly data: Omit<Config["data"], "channels"> & { readonly channels: number };
  readonly augment: AugmentConfig;
};

/** The `augment` section of a resolved configuration. */
export type AugmentConfig = Omit<Checked["augment"], "colorJitter" | "grayscale"> & {
  readonly colorJitter: Omit<Checked["augment"]["colorJitter"], "saturation" | "hue"> & {
    readonly saturation: number;
    readonly hue: number;
  };
  readonly grayscale: { readonly probability: number };
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
  const { channels } = config.data;
  return channels === null ? config : withChannels(config, channels, source);
}

/**
 * The configuration for a dataset of so many channels: `data.channels` is this number, and the strengths of colour operations
 * that were left `null` are filled in. A number that the configuration has already must be the same.
 *
 * @throws LejepaError E_CONFIG when it is another, or an operation on colours was asked for by name and there are not three
 */
export function withChannels(config: Config, channels: number, source = "config"): ResolvedConfig {
  const { data, augment } = config;
  if (data.channels !== null && data.channels !== channels) {
    const got = String(data.channels);
    refuse({ key: "data.channels", expected: `${channels}, as the images have`, got, hint: "Leave it out." }, source);
  }
  refuse(colourOnly(channels, augment), source);
  return { ...config, data: { ...data, channels }, augment: completeAugment(augment, channels === 3) };
}

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

function completeAugment(augment: Checked["augment"], colour: boolean): AugmentConfig {
  const { colorJitter, grayscale } = augment;
  return {
    ...augment,
    colorJitter: {
      ...colorJitter,
      saturation: colorJitter.saturation ?? (colour ? 0.2 : 0),
      hue: colorJitter.hue ?? (colour ? 0.1 : 0),
    },
    grayscale: { probability: grayscale.probability ?? (colour ? 0.2 : 0) },
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
  ({ augment }) => ordered("augment.gaussianBlur.sigma", augment.gaussianBlur.sigma),
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

function ordered(key: string, [from, to]: readonly [number, number]): Problem | undefined {
  return from <= to ? undefined : { key, expected: "the smaller number first", got: `[${from}, ${to}]` };
}

// colour operations mean nothing on other than three channels: asking for them by name is refused
function colourOnly(channels: number, { colorJitter, grayscale }: Config["augment"]): Problem | undefined {
  if (channels === 3) return undefined;
  const hint = `Leave it out: it needs 3 channels and data.channels is ${channels}.`;
  if (grayscale.probability !== null && grayscale.probability > 0)
    return { key: "augment.grayscale.probability", expected: "0", got: String(grayscale.probability), hint };
  for (const name of ["saturation", "hue"] as const) {
    const strength = colorJitter[name];
    if (strength !== null && strength > 0)
      return { key: `augment.colorJitter.${name}`, expected: "0", got: String(strength), hint };
  }
  return undefined;
}

/**
 * The schema of a run's configuration: one zod object gives the runtime check, the types, the JSON Schema and the table
 * in the docs. Defaults follow the paper (arXiv:2511.08544) where it names a value. Not here: what a dataset's own
 * options mean (the plugin's schema) and values that depend on each other (config.ts).
 */
import { z } from "zod";
import { augmentSchema } from "./augmentation/operations.ts";
import type { Dataset } from "./dataset.ts";
import { deviceNames, precisions } from "./devices.ts";
import { objectiveDefaults } from "./objective-defaults.ts";

const positive = z.number().positive();
const count = z.int().min(1);
const fraction = z.number().min(0).lt(1);
const areaRange = z.tuple([z.number().positive().max(1), z.number().positive().max(1)]);

/** Encoders that the project trains. */
export const encoderNames = [
  "resnet10",
  "resnet18",
  "resnet34",
  "resnet50",
  "vit_nano",
  "vit_tiny",
  "vit_small",
  "vit_base",
  "vit_large",
] as const;

const dataset = z
  .strictObject({
    id: z
      .string()
      .min(1)
      .describe("Id of the dataset plugin, e.g. `folder`; the package `@lejepa/dataset-ID` is loaded."),
    options: z.record(z.string(), z.unknown()).default({}).describe("Options of that plugin; it checks them itself."),
    plugin: z
      .custom<Dataset>()
      .optional()
      .describe("Set by `bindDataset`: the plugin itself instead of a package name."),
  })
  .describe("Where the images come from: `bindDataset(plugin, options)` or `{ id, options }`.");

const splits = z
  .strictObject({
    validation: fraction.default(0.1).describe("Share of the items held out for validation."),
    test: fraction.default(0).describe("Share of the items held out for the final test."),
    stratify: z.boolean().default(true).describe("Keep the share of every class equal in all splits."),
    seed: z
      .int()
      .min(0)
      .default(0)
      .describe("Seed of the split; apart from the run's seed, so that runs share their splits."),
  })
  .prefault({})
  .describe("Groups always stay whole; a split that the dataset fixes itself wins.");

const data = z
  .strictObject({
    imageSize: count
      .min(8)
      .default(64)
      .describe("Width and height of the stored images, pixels; views are cut from these."),
    channels: count
      .max(1024)
      .nullable()
      .default(null)
      .describe("Channels of the stored images; null: as many as the dataset names, 3 (RGB) where it names none."),
    cacheDir: z
      .string()
      .min(1)
      .default(".lejepa/cache")
      .describe("Folder for decoded images; safe to delete and to share."),
    workers: count.nullable().default(null).describe("Decoding processes; null: one for each core."),
    decodeSeconds: positive
      .default(2)
      .describe("Processor time that decoding one file may take; files above 1 MB get more, a second for 20 MB."),
    decodeMegabytes: count
      .min(64)
      .default(1024)
      .describe("Memory that decoding one file may take; a file that needs more is left out and reported."),
    splits,
  })
  .prefault({})
  .describe("How images are decoded, stored and split.");

const views = z
  .strictObject({
    globals: count.default(2).describe("Global views of each image."),
    globalSize: count.default(64).describe("Width and height of a global view, pixels."),
    globalScale: areaRange
      .nullable()
      .default(null)
      .describe("Share of the image's area that a global view covers, from and to; null: the policy's, else [0.3, 1]."),
    locals: z.int().min(0).default(6).describe("Local views of each image."),
    localSize: count
      .nullable()
      .default(null)
      .describe(
        "Width and height of a local view, pixels; null: 3/7 of globalSize, rounded to whole patches (ResNet: to 4).",
      ),
    localScale: areaRange
      .nullable()
      .default(null)
      .describe(
        "Share of the image's area that a local view covers, from and to; null: the policy's, else [0.05, 0.3].",
      ),
    ratio: z
      .tuple([positive, positive])
      .nullable()
      .default(null)
      .describe("Aspect ratio of the crops (width / height), from and to; null: the policy's, else [3/4, 4/3]."),
    leastValid: fraction
      .default(0.5)
      .describe("Share of valid pixels that a crop must have, where images have invalid ones; else it is drawn again."),
  })
  .prefault({})
  .describe("The multi-crop views that the loss compares.");

const encoder = z
  .strictObject({
    name: z.enum(encoderNames).default("vit_tiny").describe("Architecture."),
    patchSize: count.default(8).describe("ViT only: width and height of a patch, pixels."),
    dropPath: fraction
      .default(0)
      .describe("Chance that a residual branch of the last block is dropped (rising linearly from 0)."),
    pooling: z.enum(["cls", "mean"]).default("cls").describe("ViT only: the class token, or the mean of the patches."),
    smallStem: z
      .boolean()
      .nullable()
      .default(null)
      .describe("ResNet only: 3x3 stem without pooling for small images; null: yes for global views up to 64 pixels."),
    stemStride: z
      .union([z.literal(1), z.literal(2)])
      .nullable()
      .default(null)
      .describe("ResNet only: stride of the small stem; null: 1."),
    width: count.nullable().default(null).describe("ResNet only: channels of the first stage; null: 64."),
    strides: z
      .tuple([count, count, count, count])
      .nullable()
      .default(null)
      .describe("ResNet only: stride of each of the four stages; null: [1, 2, 2, 2]."),
    init: z
      .enum(["timm", "torch"])
      .nullable()
      .default(null)
      .describe("ResNet only: initial weights as timm's or as PyTorch's layers; null: timm."),
  })
  .prefault({})
  .describe("The network that is trained.");

const projector = z
  .strictObject({
    hidden: z.array(count).default([2048, 2048]).describe("Widths of the hidden layers."),
    outDim: count.default(64).describe("Width of the embedding that the loss sees."),
  })
  .prefault({})
  .describe("MLP with batch norm between encoder and loss; thrown away after training.");

const objective = z
  .strictObject({
    lambda: z
      .number()
      .gt(0)
      .lt(1)
      .default(objectiveDefaults.lambda)
      .describe("Weight of SIGReg; the invariance term gets 1 - lambda."),
    slices: count.default(objectiveDefaults.slices).describe("Random directions a step."),
    knots: count.min(2).default(objectiveDefaults.knots).describe("Points of the quadrature."),
    tMax: positive.default(objectiveDefaults.tMax).describe("Upper end of the quadrature's range."),
    quadrature: z
      .enum(["half-line", "full-line"])
      .default(objectiveDefaults.quadrature)
      .describe("Range [0, tMax] doubled, or [-tMax, tMax] (the paper's Algorithm 1, with 17 knots and tMax 5)."),
    reduction: z.enum(["mean", "sum"]).default("mean").describe("How the statistics of views and slices are combined."),
    clipValue: positive
      .nullable()
      .default(objectiveDefaults.clipValue)
      .describe("Statistics below this count as 0; null: off."),
    pooled: z
      .boolean()
      .default(objectiveDefaults.pooled)
      .describe("One statistic over the samples of all views together."),
    centre: z
      .enum(["global", "all"])
      .default(objectiveDefaults.centre)
      .describe("Views whose mean the invariance term pulls to."),
  })
  .prefault({})
  .describe("The LeJEPA loss.");

const optimizer = z
  .strictObject({
    learningRate: positive.default(5e-4).describe("Peak learning rate of AdamW."),
    weightDecay: z
      .number()
      .min(0)
      .nullable()
      .default(null)
      .describe("Decoupled weight decay; null: 0.05 for ViT, 0.0005 for ResNet."),
    betas: z.tuple([fraction, fraction]).default([0.9, 0.999]).describe("Decay rates of the two moments."),
    epsilon: positive.default(1e-8).describe("Added to the root of the second moment."),
    clipGradNorm: positive.nullable().default(null).describe("Largest norm of the gradient; null: not clipped."),
  })
  .prefault({})
  .describe("AdamW; biases and norms are not decayed.");

const schedule = z
  .strictObject({
    epochs: count.default(100).describe("Passes over the training images."),
    maxSteps: count
      .nullable()
      .default(null)
      .describe("Stop after this many steps; null: after the epochs. Does not bend the schedule."),
    warmupEpochs: z
      .number()
      .min(0)
      .nullable()
      .default(null)
      .describe("Epochs of linear warm-up; null: a tenth of the epochs."),
    finalFactor: z.number().min(0).max(1).default(1e-3).describe("Learning rate at the end as a share of the peak."),
  })
  .prefault({})
  .describe("Linear warm-up, then cosine.");

const checkpoint = z
  .strictObject({
    everySteps: count
      .nullable()
      .default(null)
      .describe("Steps between checkpoints; null: one at the end of each epoch."),
    keep: count.default(3).describe("Newest checkpoints kept."),
  })
  .prefault({})
  .describe("Checkpoints in the run folder.");

const probe = z
  .strictObject({
    everyEpochs: z
      .int()
      .min(0)
      .default(10)
      .describe("Epochs between probes of the frozen features; 0: none. Needs labels."),
    knnK: count.default(20).describe("Neighbours that vote."),
  })
  .prefault({})
  .describe("The online probe: a look at the features while training.");

/** The zod schema of a configuration as a user writes it. Use `parseConfig`, which also fills what depends on other keys. */
export const configSchema = z.strictObject({
  dataset,
  data,
  views,
  augment: augmentSchema,
  encoder,
  projector,
  objective,
  optimizer,
  schedule,
  batchSize: count.min(2).default(128).describe("Images a step (each gives all its views)."),
  seed: z.int().min(0).default(0).describe("Seed of initial weights, order of images, views and directions."),
  device: z.enum(deviceNames).default("cpu").describe("Where the step runs."),
  deviceIndex: z.int().min(0).default(0).describe("Which GPU, as the device `cuda` numbers them."),
  precision: z
    .enum(precisions)
    .default("float32")
    .describe(
      "How exactly products are computed. Faster than `float32`: `tf32` (10 bits of mantissa) and `bfloat16` on `cuda`, `float16` on `cuda` and `webgpu`.",
    ),
  threads: count.nullable().default(null).describe("Threads of the device `cpu`; null: one for each core."),
  checkpoint,
  probe,
});

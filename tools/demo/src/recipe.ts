// The configuration of the demo's trainings: a small ResNet on small images, so that three fit into a few minutes on two
// cores. Not a recipe for results: larger images, networks and schedules are what the product is for.
import { type BoundDataset, type ConfigInput } from "@lejepa/contracts";

/** What differs between trainings. */
export interface RecipeOptions {
  readonly dataset: BoundDataset;
  readonly channels: 1 | 3;
  readonly cacheDir: string;
  readonly seed: number;
  readonly batchSize: number;
  readonly epochs: number;
  readonly maxSteps: number;
}

/** Images that a training on a folder of somebody's own sees: 5 to 8 minutes for three of them on two free cores. */
const imagesSeen = 19_600;

/** What to train on that many images: 128 a step, fewer where an epoch would not have two steps; and how many steps. */
export function workload(trainingImages: number): { readonly batchSize: number; readonly steps: number } {
  const batchSize = [128, 64, 32].find((size) => trainingImages >= 2 * size) ?? 16;
  return { batchSize, steps: Math.round(imagesSeen / batchSize) };
}

/** A complete recipe. */
export function recipe({ dataset, channels, cacheDir, seed, batchSize, epochs, maxSteps }: RecipeOptions): ConfigInput {
  return {
    dataset,
    seed,
    batchSize,
    data: { imageSize: 48, channels, cacheDir, splits: { validation: 0.1, test: 0.2 } },
    views: { globals: 2, globalSize: 32, locals: 4, localSize: 16 },
    augment: { gaussianBlur: { probability: 0 }, solarize: { probability: 0 } },
    encoder: { name: "resnet10", width: 32, smallStem: true, stemStride: 2, init: "torch" },
    projector: { hidden: [512, 512], outDim: 32 },
    objective: { slices: 256 },
    optimizer: { learningRate: 1e-3, weightDecay: 0.05 },
    schedule: { epochs, maxSteps, warmupEpochs: Math.min(1, epochs / 10) },
    checkpoint: { keep: 1 },
    probe: { everyEpochs: 0 },
  };
}

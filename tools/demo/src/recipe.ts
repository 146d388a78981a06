// The configuration of the demo's trainings: a small ResNet on small images, so that three fit into a few minutes on two
// cores. Not a recipe for results: larger images, networks and schedules are what the product is for.
import { type BoundDataset, type ConfigInput } from "@lejepa/contracts";

/** What differs between trainings. */
export interface RecipeOptions {
  readonly dataset: BoundDataset;
  readonly channels: 1 | 3;
  readonly cacheDir: string;
  readonly seed: number;
  readonly epochs: number;
  readonly maxSteps: number;
}

/** Images a step. */
export const batchSize = 128;

/** A complete recipe. */
export function recipe({ dataset, channels, cacheDir, seed, epochs, maxSteps }: RecipeOptions): ConfigInput {
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

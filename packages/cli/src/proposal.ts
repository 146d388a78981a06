// Rules of thumb for `lejepa plan`: what else to try when a configuration does not suit the number of images. Rough on
// purpose; nothing is changed without the user.
import type { Config } from "@lejepa/contracts";

/** A change worth considering. */
export interface Proposal {
  /** For --set. */
  readonly setting: string;
  readonly reason: string;
}

const fewSteps = 1000;
const largestForFewImages: readonly string[] = ["vit_nano", "vit_tiny", "resnet10", "resnet18"];

/** What to consider for so many training images. */
export function propose({ batchSize, schedule, encoder }: Config, images: number): Proposal[] {
  const proposals: Proposal[] = [];
  // the paper's SIGReg compares the batch with a Gaussian: an eighth of the images a step still leaves 8 steps an epoch
  const batch = Math.max(2, Math.min(batchSize, 2 ** Math.floor(Math.log2(Math.max(2, images / 8)))));
  if (Math.floor(images / batchSize) < 4 && batch < batchSize)
    proposals.push({
      setting: `batchSize=${batch}`,
      reason: `${images} images are ${Math.floor(images / batchSize)} batches of ${batchSize}`,
    });
  const perEpoch = Math.max(1, Math.floor(images / batch));
  const epochs = Math.ceil(fewSteps / perEpoch);
  if (epochs > schedule.epochs && schedule.maxSteps === null)
    proposals.push({ setting: `schedule.epochs=${epochs}`, reason: `fewer than ${fewSteps} steps rarely teach much` });
  if (images < 20_000 && !largestForFewImages.includes(encoder.name))
    proposals.push({ setting: "encoder.name=vit_tiny", reason: `a large encoder for ${images} images` });
  return proposals;
}

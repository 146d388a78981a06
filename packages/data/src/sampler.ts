/**
 * The order in which training sees the images: a pure function of (seed, step), so a run resumes at any step without
 * saved state. Every epoch is a fresh permutation; the last, incomplete batch is dropped. No weighting, no replacement.
 */
import { LejepaError, stream } from "@lejepa/contracts";
import type { Partners } from "./partners.ts";

/** The batches of a run. */
export interface Sampler {
  readonly batchSize: number;
  readonly stepsPerEpoch: number;
  /** The epoch that a step belongs to, from 0. */
  epochOf(step: number): number;
  /** Rows of the batch of a step, step = 0, 1, ... without end. */
  batch(step: number): Uint32Array;
  /** The partner of each row of the batch, where images have partners. */
  partners?(step: number): Uint32Array;
}

/** The permutation of `rows` that epoch `epoch` runs through. */
export function epochOrder(rows: Uint32Array, seed: number, epoch: number): Uint32Array {
  return stream(seed, "epoch order", epoch)
    .permutation(rows.length)
    .map((position) => rows[position] as number);
}

/** Options of {@link createSampler}. */
export interface SamplerOptions {
  readonly batchSize: number;
  readonly seed: number;
  readonly partners?: Partners | undefined;
}

/**
 * Batches over the given rows.
 *
 * @param rows the rows to train on, usually `splits.train`
 * @throws LejepaError E_DATA when there are fewer rows than one batch needs
 */
export function createSampler(rows: Uint32Array, { batchSize, seed, partners }: SamplerOptions): Sampler {
  const stepsPerEpoch = Math.floor(rows.length / batchSize);
  if (stepsPerEpoch < 1) {
    throw new LejepaError({
      code: "E_DATA",
      where: "training images",
      expected: `at least one batch (batchSize ${batchSize})`,
      got: `${rows.length} ${rows.length === 1 ? "image" : "images"}`,
      hint: "Lower batchSize, lower data.splits.validation, or add images.",
    });
  }
  let cached: { epoch: number; order: Uint32Array } | undefined;
  const epochOf = (step: number): number => Math.floor(step / stepsPerEpoch);
  const batch = (step: number): Uint32Array => {
    const epoch = epochOf(step);
    if (cached?.epoch !== epoch) cached = { epoch, order: epochOrder(rows, seed, epoch) };
    const start = (step - epoch * stepsPerEpoch) * batchSize;
    return cached.order.slice(start, start + batchSize);
  };
  return {
    batchSize,
    stepsPerEpoch,
    epochOf,
    batch,
    ...(partners && { partners: (step) => batch(step).map((row) => partners.of(row, epochOf(step))) }),
  };
}

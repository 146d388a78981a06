// Whether a training step, repeated, holds memory and live tensors where they were.
import * as tf from "@tensorflow/tfjs";
import { expect } from "vitest";
import { type DeviceTensor, liveDeviceTensors } from "./index.ts";

const MEGABYTE = 2 ** 20;

/** Live tensors. */
export interface LiveTensors {
  /** Of all engines. */
  readonly device: number;
  /** tfjs's own. */
  readonly tfjs: number;
}

/** Counts them now. */
export const liveTensors = (): LiveTensors => ({ device: liveDeviceTensors(), tfjs: tf.memory().numTensors });

/**
 * Runs a step until it has settled, then `steps` times: memory and tensors stay, and the loss has become less.
 *
 * @param run the outputs of one step, with a `loss`, which is read and disposed of here
 */
export async function expectSteady(
  run: () => Promise<Record<string, DeviceTensor>>,
  { settle, steps }: { readonly settle: number; readonly steps: number },
): Promise<void> {
  const step = async (): Promise<number> => {
    const { loss } = await run();
    const [value = Number.NaN] = (await loss?.read()) ?? [];
    loss?.dispose();
    return value;
  };
  const first = await step();
  for (let i = 0; i < settle; i++) await step();
  const before = { ...liveTensors(), rss: process.memoryUsage().rss };
  let last = first;
  for (let i = 0; i < steps; i++) last = await step();
  const { rss, ...tensors } = before;
  expect(liveTensors()).toEqual(tensors);
  expect((process.memoryUsage().rss - rss) / MEGABYTE).toBeLessThan(64);
  expect(last).toBeLessThan(first);
}

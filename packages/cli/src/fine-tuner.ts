// Full fine-tuning of the encoders that are ours to train, for `lejepa compare --probe finetune`. The training is @lejepa/train's.
import { operationNames, type Operations, withImages } from "@lejepa/contracts";
import type { ImageStore } from "@lejepa/data";
import type { Engine } from "@lejepa/engine";
import type { FineTuner, OpenedEncoder } from "@lejepa/eval";
import { fineTune } from "@lejepa/train";
import type { ReadyConfig } from "./resolve-config.ts";

/** What trainings have in common. */
export interface FineTunerOptions {
  readonly engine: Engine;
  readonly store: ImageStore;
  readonly config: ReadyConfig;
  readonly signal: AbortSignal;
  note(line: string): void;
}

// what moves pixels without changing their values: right wherever the policy has it
const movements: readonly string[] = ["rotation", "quarterTurn", "horizontalFlip", "verticalFlip"];

/** Trains one of these (seeds of one encoder); undefined where they are not ours: ONNX files, pixels, mixed channels. */
export function fineTunerOf(opened: readonly OpenedEncoder[], options: FineTunerOptions): FineTuner | undefined {
  const all = opened.flatMap(({ frozen }) => (frozen === undefined || frozen.channelMap !== undefined ? [] : [frozen]));
  if (all.length < opened.length || opened.length === 0) return undefined;
  const { engine, store, config, signal, note } = options;
  const { augment } = withImages(config, { channels: store.channels });
  const moving = operationNames.filter((name) => movements.includes(name) && (augment[name]?.probability ?? 0) > 0);
  const operations: Operations = Object.fromEntries(moving.map((name) => [name, augment[name]]));
  return async ({ encoderSeed, train, validation, test, seed }) => {
    const { encoder, values, size = store.height, mean, std, range } = all[encoderSeed] as (typeof all)[number];
    note(`fine-tuning on ${train.length} images`);
    const { logits, validation: looks } = await fineTune(engine, {
      encoder,
      values,
      image: { size, mean, std, range },
      store,
      train,
      validation,
      test,
      labels: store.labels,
      classes: store.classes.length,
      operations,
      seed,
      signal,
    });
    return { scores: logits, validation: Math.max(...looks.map(({ accuracy }) => accuracy)) };
  };
}

// From stored pixels to what a network takes, as a traced function: black and white, resize, centre crop, channels,
// normalisation. Nothing random.
import { normaliseImages } from "@lejepa/augment";
import type { ImageStore } from "@lejepa/data";
import type { Feed, InputType } from "@lejepa/engine";
import * as tf from "@tensorflow/tfjs";
import type { ChannelMap } from "./channels.ts";

/** How images become a network's input. */
export interface Preprocessing {
  /** Stored values of black and of white. */
  readonly range: readonly [number, number];
  /** Width and height of the result; undefined: as stored. */
  readonly size?: number | undefined;
  readonly interpolation?: "bilinear" | "bicubic" | undefined;
  readonly channels: ChannelMap;
}

/** The type in which images of a store are fed: 16-bit pixels are exact in float32. */
export const inputType = ({ dtype }: Pick<ImageStore, "dtype">): InputType & ("uint8" | "float32") =>
  dtype === "uint8" ? "uint8" : "float32";

/** Pixels of rows as they are fed. */
export function feedOf(store: ImageStore, rows: Uint32Array): Feed {
  const pixels = store.read(rows);
  return pixels instanceof Uint8Array || pixels instanceof Float32Array ? pixels : Float32Array.from(pixels);
}

/**
 * Traced: images `[b, height, width, stored channels]` of the store to `[b, channels, size, size]`.
 *
 * @throws LejepaError E_SHAPE, E_DTYPE
 */
export function preprocess(images: tf.Tensor, store: ImageStore, options: Preprocessing): tf.Tensor {
  const { height, width, channels } = store;
  const { size, range, interpolation, channels: map } = options;
  const plain = normaliseImages(images, {
    dtype: inputType(store),
    range,
    mean: Array.from({ length: channels }, () => 0),
    std: Array.from({ length: channels }, () => 1),
    ...(interpolation !== undefined && { interpolation }),
    ...(size !== undefined && (size !== height || size !== width) && { size }),
  });
  const [b, , h, w] = plain.shape;
  const wanted = map.offset.length;
  const rows = tf.reshape(tf.transpose(plain, [1, 0, 2, 3]), [channels, b * h * w]);
  const weights = tf.tensor2d(map.weights.flat(), [wanted, channels]);
  const mixed = tf.add(tf.matMul(weights, rows as tf.Tensor2D), tf.tensor2d([...map.offset], [wanted, 1]));
  return tf.transpose(tf.reshape(mixed, [wanted, b, h, w]), [1, 0, 2, 3]);
}

// From stored pixels to what a network takes, as a traced function: black and white, resize, centre crop, channels,
// normalisation. Nothing random.
import { normaliseImages } from "@lejepa/augment";
import type { ImageStore } from "@lejepa/data";
import type { Feed, InputSpec, InputType } from "@lejepa/engine";
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

/** Images of a store inside a traced function; masks where any pixel of the store is invalid. */
export interface StoreInputs {
  readonly images: tf.Tensor;
  readonly masks?: tf.Tensor | undefined;
}

/** Inputs of a program that takes rows of a store: `images`, and `masks` where any pixel is invalid. */
export function imageSignature(store: ImageStore, batch: number): Record<string, InputSpec> {
  const { height, width, channels, masksFile } = store;
  return {
    images: { shape: [batch, height, width, channels], dtype: inputType(store) },
    ...(masksFile !== undefined && { masks: { shape: [batch, height, width], dtype: "uint8" } }),
  };
}

/** What {@link imageSignature} asks for, of some rows. */
export function imageFeeds(store: ImageStore, rows: Uint32Array): Record<string, Feed> {
  const pixels = store.read(rows);
  return {
    images: pixels instanceof Uint8Array || pixels instanceof Float32Array ? pixels : Float32Array.from(pixels),
    ...(store.masksFile !== undefined && { masks: store.readMasks(rows) }),
  };
}

/**
 * Traced: images `[b, height, width, stored channels]` of the store to `[b, channels, size, size]`. What is invalid is 0, the mean of what
 * the network was trained on.
 *
 * @throws LejepaError E_SHAPE, E_DTYPE
 */
export function preprocess({ images, masks }: StoreInputs, store: ImageStore, options: Preprocessing): tf.Tensor {
  const { height, width, channels } = store;
  const { size, range, interpolation, channels: map } = options;
  const resize = {
    ...(interpolation !== undefined && { interpolation }),
    ...(size !== undefined && (size !== height || size !== width) && { size }),
  };
  const plain = normaliseImages(images, {
    ...resize,
    dtype: inputType(store),
    range,
    mean: Array.from({ length: channels }, () => 0),
    std: Array.from({ length: channels }, () => 1),
    masks,
  });
  const [b, , h, w] = plain.shape;
  const wanted = map.offset.length;
  const rows = tf.reshape(tf.transpose(plain, [1, 0, 2, 3]), [channels, b * h * w]);
  const weights = tf.tensor2d(map.weights.flat(), [wanted, channels]);
  const mixed = tf.add(tf.matMul(weights, rows as tf.Tensor2D), tf.tensor2d([...map.offset], [wanted, 1]));
  const input = tf.transpose(tf.reshape(mixed, [wanted, b, h, w]), [1, 0, 2, 3]);
  return masks === undefined ? input : tf.mul(input, validShare(masks, resize));
}

// [b, 1, h, w]: 1 where more than half of a pixel is valid, else 0
function validShare(masks: tf.Tensor, resize: Pick<Preprocessing, "size" | "interpolation">): tf.Tensor {
  const share = normaliseImages(tf.expandDims(tf.cast(masks, "float32"), 3), {
    ...(resize as { size?: number; interpolation?: "bilinear" | "bicubic" }),
    dtype: "float32",
    mean: [0],
    std: [1],
  });
  return tf.cast(tf.greater(share, 0.5), "float32");
}

/**
 * What differs between two measurements of one scene by the same sensor: the height of the sun (one gain for all bands), contrast (one
 * for all bands, about each band's mean m over the dataset), calibration (a gain and an offset of each band). One factor and one term a
 * band: `x' = clamp(g (c (x - m) + m) + o)` with g = sun * gain of the band. Black is 0 and white is 1: in decibels an offset
 * is a factor of the backscatter, and a gain has no meaning.
 */
import * as tf from "@tensorflow/tfjs";
import { clamp01 } from "../clamp.ts";
import { numberOf, type Operation, short } from "../operation.ts";

export const bandGain: Operation<"bandGain"> = {
  name: "bandGain",
  fields: ({ sun, contrast, gain, offset }, { channels }) =>
    sun + contrast + gain + offset === 0
      ? ({} as Record<string, never>)
      : { scale: { rows: channels, idle: 1 }, shift: { rows: channels, idle: 0 } },
  draw(random, { sun, contrast, gain, offset }, { channels }) {
    const around = (middle: number, width: number): number => random.uniform(middle - width, middle + width);
    const bands = (middle: number, width: number): number[] =>
      Array.from({ length: channels }, () => around(middle, width));
    return { sun: around(1, sun), contrast: around(1, contrast), gain: bands(1, gain), offset: bands(0, offset) };
  },
  pack(drawn, _, { mean }) {
    const contrast = numberOf(drawn, "contrast");
    const gains = (drawn["gain"] as readonly number[]).map((gain) => gain * numberOf(drawn, "sun"));
    const offsets = drawn["offset"] as readonly number[];
    return {
      scale: gains.map((gain) => gain * contrast),
      shift: gains.map((gain, band) => gain * (1 - contrast) * (mean[band] as number) + (offsets[band] as number)),
    };
  },
  apply: (x, fields) => clamp01(tf.add(tf.mul(x, fields.many("scale")), fields.many("shift"))) as tf.Tensor4D,
  words(drawn) {
    const [sun, contrast] = [numberOf(drawn, "sun"), numberOf(drawn, "contrast")];
    const gain = farthest(drawn["gain"], 1);
    const offset = farthest(drawn["offset"], 0);
    return [
      ...(sun === 1 ? [] : [`sun x${short(sun)}`]),
      ...(contrast === 1 ? [] : [`contrast x${short(contrast)}`]),
      ...(gain === 0 ? [] : [`bands up to ${short(100 * gain)} %`]),
      ...(offset === 0 ? [] : [`offset up to ${short(100 * offset)} %`]),
    ].join(", ");
  },
};

const farthest = (bands: unknown, idle: number): number =>
  Math.max(...(bands as readonly number[]).map((value) => Math.abs(value - idle)));

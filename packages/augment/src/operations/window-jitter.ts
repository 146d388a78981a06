/**
 * Another display window: with level L and width W in the images' own unit (Hounsfield units for CT), a value v is shown as
 * clamp((v - L) / W + 1/2), DICOM's LINEAR_EXACT (PS3.3 C.11.2.1.3.2). It imitates a reader who sets the window a little differently, and
 * scanners whose calibration differs by some units. A window wider than or beside the usual one shows values beyond black and white, so
 * images are clipped `windowMargin` later than without this operation, and the window is applied to resampled values, as on a workstation.
 */
import type { OperationOptions } from "@lejepa/contracts";
import * as tf from "@tensorflow/tfjs";
import { clamp01 } from "../clamp.ts";
import { numberOf, type Operation, short } from "../operation.ts";
import type { ViewGroup } from "../spec.ts";

export const windowJitter: Operation<"windowJitter"> = {
  name: "windowJitter",
  fields: (options) => (reach(options) === 0 ? {} : { gain: { rows: 1, idle: 1 }, offset: { rows: 1, idle: 0 } }),
  draw(random, { level, width }, { range: [black, white] }) {
    const span = white - black;
    return {
      level: (black + white) / 2 + span * random.uniform(-level, level),
      width: span * random.uniform(1 - width, 1 + width),
    };
  },
  pack(drawn, _, { range: [black, white] }) {
    const width = numberOf(drawn, "width");
    return { gain: (white - black) / width, offset: (black - numberOf(drawn, "level")) / width + 0.5 };
  },
  apply: (x, fields) => clamp01(tf.add(tf.mul(x, fields.one("gain")), fields.one("offset"))) as tf.Tensor4D,
  words: (drawn) => `window level ${short(numberOf(drawn, "level"))}, width ${short(numberOf(drawn, "width"))}`,
};

// how far the farthest window reaches beyond black and beyond white, as a share of the range
const reach = ({ level, width }: OperationOptions<"windowJitter">): number => level + width / 2;

/** How far beyond black and white the windows of these groups can reach, as a share of the range between them; 0 without any. */
export function windowMargin(groups: readonly ViewGroup[]): number {
  return Math.max(0, ...groups.map(({ operations: { windowJitter: options } }) => (options ? reach(options) : 0)));
}

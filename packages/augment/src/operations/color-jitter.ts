/**
 * torchvision's ColorJitter for float tensors, its random order of operations included. Brightness, contrast and saturation are one
 * operation, clamp(a x + m mean(gray(x)) + g gray(x)). Slots before and after the hue rotation let each view have its own order in one
 * static graph: an operation at position p of the order fills slot p on its side of the hue, and an empty slot changes nothing.
 */
import type { OperationOptions } from "@lejepa/contracts";
import * as tf from "@tensorflow/tfjs";
import { clamp01 } from "../clamp.ts";
import { rotateHue } from "../hue.ts";
import { luma } from "../luma.ts";
import { type Drawn, type Field, type Fields, type Operation, short } from "../operation.ts";

type Options = OperationOptions<"colorJitter">;

const blends = ["brightness", "contrast", "saturation"] as const;

export const colorJitter: Operation<"colorJitter"> = {
  name: "colorJitter",
  fields(options) {
    const fields: Record<string, Field> = {};
    const used = blendsOf(options);
    const addSlots = (side: string): void => {
      for (const slot of used.keys()) {
        fields[`${side}${slot}.scale`] = { rows: 1, idle: 1 };
        if (options.contrast > 0) fields[`${side}${slot}.mean`] = { rows: 1, idle: 0 };
        if (options.saturation > 0) fields[`${side}${slot}.gray`] = { rows: 1, idle: 0 };
      }
    };
    addSlots("before");
    if (options.hue > 0) {
      fields["hue"] = { rows: 1, idle: 0 };
      addSlots("after");
    }
    return fields;
  },
  // factors in the order in which they apply
  draw(random, options) {
    const steps: [string, number][] = blendsOf(options).map((name) => [
      name,
      random.uniform(Math.max(0, 1 - options[name]), 1 + options[name]),
    ]);
    if (options.hue > 0) steps.push(["hue", random.uniform(-options.hue, options.hue)]);
    for (let last = steps.length - 1; last > 0; last--) {
      const other = random.integer(last + 1);
      const kept = steps[last] as [string, number];
      steps[last] = steps[other] as [string, number];
      steps[other] = kept;
    }
    return Object.fromEntries(steps);
  },
  pack: (drawn, options) => packSlots(drawn, options),
  apply(x, fields, options) {
    const slots = blendsOf(options).length;
    let out = x;
    for (let slot = 0; slot < slots; slot++) out = blend(out, fields, `before${slot}`, options);
    if (options.hue === 0) return out;
    out = rotateHue(out, fields.one("hue"));
    for (let slot = 0; slot < slots; slot++) out = blend(out, fields, `after${slot}`, options);
    return out;
  },
  words: (drawn) =>
    Object.entries(drawn)
      .map(([name, value]) => `${name} ${name === "hue" ? "" : "x"}${short(value as number)}`)
      .join(", "),
};

const blendsOf = (options: Options): (typeof blends)[number][] => blends.filter((name) => options[name] > 0);

/** Names of the fields of a slot, made once: views are many. */
const slotNames = { before: namesOf("before"), after: namesOf("after") } as const;

function namesOf(side: string): readonly { readonly scale: string; readonly mean: string; readonly gray: string }[] {
  return blends.map((_, slot) => ({
    scale: `${side}${slot}.scale`,
    mean: `${side}${slot}.mean`,
    gray: `${side}${slot}.gray`,
  }));
}

function packSlots(drawn: Drawn, options: Options): Drawn {
  const packed: Record<string, number> = {};
  let side: keyof typeof slotNames = "before";
  let slot = 0;
  for (const name in drawn) {
    const value = drawn[name] as number;
    if (name === "hue") {
      packed["hue"] = value;
      side = "after";
      slot = 0;
      continue;
    }
    const names = slotNames[side][slot] as (typeof slotNames)["before"][number];
    packed[names.scale] = value;
    if (options.contrast > 0) packed[names.mean] = name === "contrast" ? 1 - value : 0;
    if (options.saturation > 0) packed[names.gray] = name === "saturation" ? 1 - value : 0;
    slot += 1;
  }
  return packed;
}

function blend(x: tf.Tensor4D, fields: Fields, slot: string, { contrast, saturation }: Options): tf.Tensor4D {
  let sum: tf.Tensor = tf.mul(x, fields.one(`${slot}.scale`));
  if (contrast > 0 || saturation > 0) {
    const gray = luma(x);
    const share: tf.Tensor[] = [];
    if (contrast > 0) share.push(tf.mul(tf.mean(gray, [2, 3], true), fields.one(`${slot}.mean`)));
    if (saturation > 0) share.push(tf.mul(gray, fields.one(`${slot}.gray`)));
    sum = tf.add(
      sum,
      share.length === 2 ? tf.add(share[0] as tf.Tensor, share[1] as tf.Tensor) : (share[0] as tf.Tensor),
    );
  }
  return clamp01(sum) as tf.Tensor4D;
}

import * as tf from "@tensorflow/tfjs";
import { beforeAll, expect, test } from "vitest";
import { fixture, imageTensor, largestGap } from "./_fixture.test-helper.ts";
import { normaliseImages } from "./normalise.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
  tf.enableProdMode();
});

const plain = { mean: [0, 0, 0], std: [1, 1, 1] };

test.each(fixture.evaluation.map((one) => [`${one.image} to ${one.size}`, one] as const))(
  "equals torchvision's Resize and CenterCrop: %s",
  (_, { image, size, micro }) => {
    for (const dtype of ["uint8", "float32"] as const) {
      const out = normaliseImages(imageTensor(image, dtype), { dtype, ...plain, size });
      expect(out.shape).toEqual([1, 3, size, size]);
      expect(
        largestGap(
          out.dataSync(),
          micro.map((value) => value * 1e-6),
        ),
      ).toBeLessThan(1e-5);
    }
  },
);

test("without a size the pixels stay, normalised by channel", () => {
  const images = tf.tensor4d([0, 51, 102, 255], [1, 1, 2, 2], "int32");
  const out = normaliseImages(images, { dtype: "uint8", mean: [0.2, 0.5], std: [0.1, 2] });
  expect(out.shape).toEqual([1, 2, 1, 2]);
  expect(largestGap(out.dataSync(), [-2, 2, -0.15, 0.25])).toBeLessThan(1e-6);
});

test("bicubic weights are Keys' with a = -1/2", () => {
  const images = tf.tensor4d(
    Array.from({ length: 64 }, (_, i) => (i < 32 ? 0 : 255)),
    [1, 8, 8, 1],
    "int32",
  );
  const out = normaliseImages(images, { dtype: "uint8", mean: [0], std: [1], size: 16, interpolation: "bicubic" });
  const column = [...out.dataSync()].filter((_, i) => i % 16 === 0);
  // output rows lie a quarter before or after a source row: weights of the rows of 255
  const [near, far] = [(k: number) => (1.5 * k - 2.5) * k * k + 1, (k: number) => ((-0.5 * k + 2.5) * k - 4) * k + 2];
  expect(column[6]).toBeCloseTo(far(1.25), 5);
  expect(column[7]).toBeCloseTo(near(0.75) + far(1.75), 5);
});

test("what is invalid is 0, and weighs nothing in its neighbours", () => {
  const options = { dtype: "float32", mean: [0.25], std: [0.5] } as const;
  const images = tf.tensor4d([0.5, 99, 0.9, 0.1], [1, 2, 2, 1]);
  const masks = tf.tensor3d([1, 0, 1, 1], [1, 2, 2], "int32");
  const normal = (value: number): number => (value - 0.25) / 0.5;
  const whole = normaliseImages(images, { ...options, masks }).dataSync();
  expect(largestGap(whole, [normal(0.5), 0, normal(0.9), normal(0.1)])).toBeLessThan(1e-6);
  const small = normaliseImages(images, { ...options, masks, size: 1 }).dataSync();
  expect(largestGap(small, [normal(0.5)])).toBeLessThan(1e-6);
  const empty = normaliseImages(images, { ...options, masks: tf.zeros([1, 2, 2], "int32"), size: 1 }).dataSync();
  expect([...empty]).toEqual([0]);
  const all = normaliseImages(images, { ...options, masks: tf.ones([1, 2, 2], "int32"), size: 1 }).dataSync();
  expect(largestGap(all, normaliseImages(images, { ...options, size: 1 }).dataSync())).toBeLessThan(1e-6);
  expect(() => normaliseImages(images, { ...options, masks: tf.ones([1, 2, 3]) })).toThrow(
    /masks of shape \[1, 2, 2\]/,
  );
});

test("says what does not fit", () => {
  const images = imageTensor("wide", "uint8");
  expect(() => normaliseImages(images, { dtype: "uint8", mean: [0], std: [1] })).toThrow(
    /expected 3 values in mean and std/,
  );
  expect(() => normaliseImages(images, { dtype: "float32", ...plain })).toThrow(/expected float32 images/);
  expect(() => normaliseImages(tf.zeros([2, 2, 3]), { dtype: "float32", ...plain })).toThrow(/rank 4/);
});

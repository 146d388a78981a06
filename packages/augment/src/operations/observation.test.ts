// haze, bandGain, clouds and bandDropout against numpy (tools/goldens/augment_observation.py), and what follows from their definitions.
import { readFileSync } from "node:fs";
import { stream } from "@lejepa/contracts";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, expect, test } from "vitest";
import { largestGap } from "../_fixture.test-helper.ts";
import { activeOf, applyOne, drawOne } from "../_operation.test-helper.ts";
import type { Drawn } from "../operation.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
  tf.enableProdMode();
});

interface Case<Parameters> {
  readonly parameters: Parameters;
  readonly micro: readonly number[];
}

const golden = JSON.parse(readFileSync(new URL("../../fixtures/observation.json", import.meta.url), "utf8")) as {
  readonly size: number;
  readonly bands: readonly string[];
  readonly mean: readonly number[];
  readonly x: readonly number[];
  readonly haze: readonly Case<{ depth: number; light: number; exponent: number }>[];
  readonly bandGain: readonly Case<Drawn>[];
  readonly clouds: readonly Case<{
    puffs: readonly [number[], number[], number[]];
    opacity: number;
    light: number;
    shadow: number;
    shift: readonly [number, number];
  }>[];
};

const { x, mean } = golden;
const images = { channels: golden.bands.length, size: golden.size, channelNames: golden.bands, mean };
const wanted = ({ micro }: Case<unknown>): number[] => micro.map((value) => value * 1e-6);

test.each(golden.haze)("haze equals numpy's: %j", (one) => {
  const { exponent, ...drawn } = one.parameters;
  const out = applyOne({ ...images, name: "haze", options: { exponent } }, [drawn], x);
  expect(largestGap(out, wanted(one))).toBeLessThan(2e-6);
});

test("haze is equal in bands of unknown names, and strongest in the blue", () => {
  const drawn = { depth: 0.5, light: 1 };
  const dark = (channelNames?: readonly string[]): number[] =>
    Array.from(
      applyOne({ name: "haze", channels: 3, size: 1, ...(channelNames && { channelNames }) }, [drawn], [0, 0, 0]),
    );
  const even = 1 - Math.exp(-0.5);
  for (const names of [undefined, ["x", "y", "z"]])
    expect(largestGap(dark(names), [even, even, even])).toBeLessThan(1e-6);
  const [red, green, blue] = dark(["red", "green", "blue"]) as [number, number, number];
  expect([red < green, green < blue]).toEqual([true, true]);
  expect(largestGap(dark(["SR_B4", "SR_B3", "SR_B2"]), [red, green, blue])).toBeLessThan(0.02);
});

test.each(golden.bandGain)("bandGain equals numpy's: %j", (one) => {
  expect(largestGap(applyOne({ ...images, name: "bandGain" }, [one.parameters], x), wanted(one))).toBeLessThan(2e-6);
});

test("bandGain says what it changed and nothing else", () => {
  const words = (options: object): string | undefined => {
    const one = { ...images, name: "bandGain", options } as const;
    const active = activeOf(one);
    return active?.operation.words(drawOne(one, 1)[0] as Drawn, active.options);
  };
  expect(words({ sun: 0, contrast: 0, gain: 0, offset: 0.02 })).toMatch(/^offset up to [\d.]+ %$/);
  expect(words({ sun: 0.2, contrast: 0, gain: 0.05, offset: 0 })).toMatch(/^sun x[\d.]+, bands up to [\d.]+ %$/);
});

test("bandGain stays within its settings, and without any it is off", () => {
  const options = { sun: 0.3, contrast: 0.2, gain: 0.1, offset: 0.05 };
  for (const drawn of drawOne({ ...images, name: "bandGain", options }, 200)) {
    const { sun, contrast, gain, offset } = drawn as Record<string, number> & Record<"gain" | "offset", number[]>;
    expect(Math.abs(sun! - 1)).toBeLessThanOrEqual(0.3);
    expect(Math.abs(contrast! - 1)).toBeLessThanOrEqual(0.2);
    for (const one of gain) expect(Math.abs(one - 1)).toBeLessThanOrEqual(0.1);
    for (const one of offset) expect(Math.abs(one)).toBeLessThanOrEqual(0.05);
  }
  const off = { sun: 0, contrast: 0, gain: 0, offset: 0 };
  expect(activeOf({ ...images, name: "bandGain", options: off })).toBeUndefined();
});

test.each(golden.clouds)("clouds equal numpy's: %j", (one) => {
  const { puffs, shift, ...rest } = one.parameters;
  const drawn = { x: puffs[0], y: puffs[1], radius: puffs[2], shiftX: shift[0], shiftY: shift[1], ...rest };
  expect(largestGap(applyOne({ ...images, name: "clouds" }, [drawn], x), wanted(one))).toBeLessThan(2e-6);
});

test("clouds hide a part of a view, not all of it", () => {
  const one = { name: "clouds", channels: 1, size: 32 } as const;
  const drawn = drawOne(one, 60);
  const gray = new Float32Array(60 * 1024).fill(0.4);
  const out = applyOne(one, drawn, gray);
  const shares = drawn.map((_, i) => {
    const view = out.subarray(i * 1024, (i + 1) * 1024);
    return [view.filter((v) => v > 0.5).length / 1024, view.filter((v) => v < 0.35).length / 1024];
  });
  const average = (of: 0 | 1): number => shares.reduce((sum, pair) => sum + (pair[of] as number), 0) / shares.length;
  expect([average(0), average(1)]).toEqual([expect.closeTo(0.15, 0), expect.closeTo(0.1, 0)]);
  expect(average(0)).toBeGreaterThan(0.03);
  expect(average(0)).toBeLessThan(0.4);
  expect(average(1)).toBeGreaterThan(0.01);
});

test.each([2, 3, 4, 5, 13])(
  "bandDropout of %i bands: the mean instead, at least one, at most its share, never all",
  (channels) => {
    const means = Array.from({ length: channels }, (_, band) => (band + 1) / (channels + 1));
    const one = { name: "bandDropout", channels, size: 2, mean: means, options: { most: 0.5 } } as const;
    const view = Array.from(stream(2, "pixels").fillUniform(new Float32Array(channels * 4)));
    const counts = new Set<number>();
    const drawn = drawOne(one, 100);
    const out = applyOne(
      one,
      drawn,
      drawn.flatMap(() => view),
    );
    for (const [i, { lost }] of drawn.entries()) {
      const bands = lost as readonly number[];
      counts.add(bands.length);
      const expected = view.map((value, at) => (bands.includes(at >> 2) ? (means[at >> 2] as number) : value));
      expect(out.slice(i * view.length, (i + 1) * view.length)).toEqual(Float32Array.from(expected));
    }
    const most = Math.max(1, Math.floor(channels / 2));
    expect([...counts].sort((a, b) => a - b)).toEqual(Array.from({ length: most }, (_, i) => i + 1));
    const all = drawOne({ ...one, options: { most: 1 } }, 100).map(({ lost }) => (lost as readonly number[]).length);
    expect(Math.max(...all)).toBe(channels - 1);
  },
);

test("of one band none can be lost", () => {
  expect(activeOf({ name: "bandDropout", channels: 1, size: 2 })).toBeUndefined();
});

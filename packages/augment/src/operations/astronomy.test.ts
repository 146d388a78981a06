import { readFileSync } from "node:fs";
import { stream } from "@lejepa/contracts";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, expect, test } from "vitest";
import { largestGap, replay, specFor } from "../_fixture.test-helper.ts";
import { type Alone, specOf, viewsAlone } from "../_operation.test-helper.ts";
import { drawView } from "../draw.ts";
import { drawNoise } from "../noise.ts";
import type { Drawn } from "../operation.ts";
import { layoutOf } from "../parameters.ts";
import type { ViewGroup } from "../spec.ts";
import { drawErasedBox } from "./erasing.ts";
import { mixtureOf, psf } from "./psf.ts";
import { coefficientsOf } from "./reddening.ts";
import { angularDistance } from "./redshift.ts";

interface Fixture {
  readonly size: number;
  readonly images: Readonly<Record<string, readonly number[]>>;
  readonly psf: readonly {
    readonly channels: number;
    readonly across: number;
    readonly down: number;
    readonly beta: number | null;
    readonly ellipticity: number;
    readonly most: number;
    readonly wanted: readonly number[];
  }[];
  readonly moffat: readonly { beta: number; radii: number[]; relative: number[]; peak: number }[];
  readonly noise: readonly { softening: number; photon: number; read: number; shown: number[]; deviation: number[] }[];
  readonly background: readonly { channels: number; right: number; down: number; wanted: number[] }[];
  readonly distances: readonly [number, number][];
  readonly erasing: readonly [number, [number, number], [number, number], number[], number[]][];
}

const fixture = JSON.parse(readFileSync(new URL("../../fixtures/astronomy.json", import.meta.url), "utf8")) as Fixture;
const { size } = fixture;
const planesOf = (channels: number): readonly number[] => fixture.images[channels] as readonly number[];

beforeAll(async () => {
  await tf.setBackend("cpu");
  tf.enableProdMode();
});

const telling = {
  redshift: { z: 0.2 },
  reddening: { excess: 0.3 },
  psf: { across: 2, down: 1.5 },
  background: { right: 0.1, down: -0.2 },
  skyNoise: { photon: 0.001, read: 0.02, noiseStart: 17, noiseStride: 5 },
  erasing: { top: 2, left: 1, height: 3, width: 5 },
} as const satisfies Record<string, Drawn>;
type Name = keyof typeof telling;
const names = Object.keys(telling) as Name[];
const channelCounts = [1, 2, 3, 4, 5, 13] as const;

test.each(names.flatMap((name) => channelCounts.map((channels) => [name, channels] as const)))(
  "%s on %i channels: acts on its own view alone, and not at all where it does not act",
  (name, channels) => {
    const coefficients = Array.from({ length: channels }, (_, i) => 1 + i / 4);
    const options = name === "reddening" ? { coefficients } : {};
    const planes = planesOf(channels);
    const run = (drawn: Alone["drawn"]): number[][] => viewsAlone({ name, options, channels, size, planes, drawn });
    const [before, changed, after] = run([null, telling[name], null]);
    const bare = viewsAlone({ name: "horizontalFlip", channels, size, planes, drawn: [null] })[0];
    expect(before).toEqual(bare);
    expect(after).toEqual(bare);
    expect(largestGap(changed ?? [], bare ?? [])).toBeGreaterThan(0.01);
    expect(run([telling[name]])[0]).toEqual(changed);
    expect(Math.min(...(changed ?? []))).toBeGreaterThanOrEqual(0);
    expect(Math.max(...(changed ?? []))).toBeLessThanOrEqual(1);
  },
);

test.each(fixture.psf.map((one) => [one.beta ?? "Gauss", one.channels, one] as const))(
  "psf %s on %i channels equals scipy",
  (_, channels, { across, down, beta, ellipticity, most, wanted }) => {
    const options = { beta, ellipticity, fwhm: [0.5, most] as [number, number] };
    const planes = planesOf(channels);
    const [view] = viewsAlone({ name: "psf", options, channels, size, planes, drawn: [{ across, down }] });
    expect(largestGap(view ?? [], wanted)).toBeLessThan(1e-5);
  },
);

test.each(fixture.moffat.map((one) => [one.beta, one] as const))(
  "three Gaussians are a Moffat profile of beta %f within 1.4 %% of its peak",
  (beta, { radii, relative, peak }) => {
    const parts = mixtureOf(beta);
    expect(parts.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12);
    const brightness = (r: number): number =>
      parts.reduce(
        (sum, { weight, sigma }) => sum + (weight * Math.exp((-r * r) / (2 * sigma ** 2))) / (2 * Math.PI * sigma ** 2),
        0,
      );
    for (const [i, r] of radii.entries()) {
      expect(Math.abs(brightness(r) - peak * (relative[i] ?? 0)), `r ${r}`).toBeLessThan(0.014 * peak);
    }
  },
);

test("a point-spread function keeps the flux of what is not at the border, and draws its width in both directions", () => {
  const star = Array<number>(21 * 21).fill(0);
  star[10 * 21 + 10] = 1;
  const drawn = [
    psf.draw(stream(1, "x"), { probability: 1, fwhm: [2, 2.5], beta: 3, ellipticity: 0.2 }, formOfSize(21)),
  ];
  const options = { beta: 3, fwhm: [2, 2.5] as [number, number], ellipticity: 0.2 };
  const [view = []] = viewsAlone({ name: "psf", options, channels: 1, size: 21, planes: star, drawn });
  expect(view.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 4);
  const [{ across = 0, down = 0 } = {}] = drawn as readonly Record<string, number>[];
  expect(Math.sqrt(across * down)).toBeGreaterThanOrEqual(2);
  expect(Math.max(across / down, down / across)).toBeLessThan(1.2 ** 2);
});

const formOfSize = (wide: number) => ({ channels: 1, size: wide, mean: [0], std: [1], range: [0, 1] }) as const;

test.each(fixture.noise.map((one) => [one.softening, one.photon, one] as const))(
  "noise has the deviation of the model: softening %f, photon %f",
  (softening, mostPhoton, { photon, read, shown, deviation }) => {
    const wide = 64;
    // the lightest and the darkest are clamped; a column a value keeps every view the same
    for (const [i, level] of shown.entries()) {
      if (level < 0.15 || level > 0.85) continue;
      const planes = Array<number>(wide * wide).fill(level);
      const drawn = [1, 2].map((seed) => ({ photon, read, ...drawNoise(stream(seed, "noise")) }));
      const options = { softening, photon: [0, mostPhoton] as [number, number] };
      const values = viewsAlone({ name: "skyNoise", options, channels: 1, size: wide, planes, drawn }).flat();
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
      const wanted = deviation[i] as number;
      // five standard errors of a mean and of a standard deviation over 8192 values
      expect(Math.abs(mean - level)).toBeLessThan((5 * wanted) / Math.sqrt(8192));
      expect(Math.abs(spread / wanted - 1)).toBeLessThan(5 / Math.sqrt(2 * 8192));
    }
  },
);

test("on asinh-stretched values the noise of one view is that of linear counts times the slope, pixel by pixel", () => {
  const [, , stretched] = fixture.noise;
  const { photon = 0, read = 0, softening = 0, shown = [], deviation = [] } = stretched ?? {};
  const planes = Array.from({ length: 121 }, (_, i) => shown[1 + (i % 9)] as number);
  const drawn = [{ photon, read, ...drawNoise(stream(3, "noise")) }];
  const at = (options: object, one: Drawn): number[] =>
    viewsAlone({ name: "skyNoise", options, channels: 1, size: 11, planes, drawn: [one] })[0] ?? [];
  const got = at({ softening }, drawn[0] as Drawn);
  // the same noise with a deviation of 0.01 everywhere tells what was drawn for each pixel
  const unit = at({ photon: [0, 0] }, { ...(drawn[0] as Drawn), photon: 0, read: 0.01 });
  const wanted = planes.map(
    (level, i) => level + (((unit[i] ?? 0) - level) / 0.01) * (deviation[1 + (i % 9)] as number),
  );
  expect(largestGap(got, wanted)).toBeLessThan(1e-5);
});

test.each(fixture.background.map((one) => [one.channels, one] as const))(
  "the background of %i channels is a plane, clamped",
  (channels, { right, down, wanted }) => {
    const planes = planesOf(channels);
    const [view] = viewsAlone({ name: "background", channels, size, planes, drawn: [{ right, down }] });
    expect(largestGap(view ?? [], wanted)).toBeLessThan(1e-6);
  },
);

test.each([
  [undefined, [1.698, 2.285, 3.303]],
  [
    ["g", "r", "i"],
    [3.303, 2.285, 1.698],
  ],
  [
    ["z", "r", "g"],
    [1.211, 2.165, 3.214],
  ],
  [
    ["DES-g", "des r", "DECam_z"],
    [3.214, 2.165, 1.211],
  ],
  [
    ["red", "green", "blue"],
    [1.698, 2.285, 3.303],
  ],
] as const)("reddening of channels named %j", (channelNames, coefficients) => {
  const form = { channels: 3, ...(channelNames && { channelNames }) };
  expect(coefficientsOf(null, form)).toEqual(coefficients);
  const planes = planesOf(3);
  const drawn = [{ excess: 0.25 }];
  const [view] = viewsAlone({
    name: "reddening",
    channels: 3,
    size,
    planes,
    drawn,
    ...(channelNames && { channelNames }),
  });
  const wanted = planes.map((value, i) => value * 10 ** (-0.1 * (coefficients[Math.floor(i / size ** 2)] as number)));
  expect(largestGap(view ?? [], wanted)).toBeLessThan(1e-6);
});

test("reddening names all five bands, and refuses what it does not know", () => {
  expect(coefficientsOf(null, { channels: 5, channelNames: ["u", "g", "r", "i", "z"] })).toEqual([
    4.239, 3.303, 2.285, 1.698, 1.263,
  ]);
  expect(coefficientsOf([1, 2], { channels: 2 })).toEqual([1, 2]);
  const message = "augment.reddening.coefficients: expected 2 numbers, A / E(B-V) of each channel, got";
  expect(() => coefficientsOf(null, { channels: 2 })).toThrow(
    `${message} none, and no channels named u, g, r, i, z or y`,
  );
  expect(() => coefficientsOf([1, 2, 3], { channels: 2 })).toThrow(`${message} 3`);
  const spec = specOf({ name: "reddening", channels: 4, size }, 1);
  expect(() => layoutOf(spec, spec.groups[0] as ViewGroup)).toThrow("expected 4 numbers");
});

test("distances are those of the universe", () => {
  for (const [z, wanted] of fixture.distances)
    expect(Math.abs(angularDistance(z) / wanted - 1), `z ${z}`).toBeLessThan(1e-4);
});

test("redshift dims by (1 + z)^-n and enlarges the crop about its centre, both from one draw", () => {
  const options = { from: 0.1, added: [0.05, 0.1] as [number, number], dimming: 3 };
  const spec = specOf({ name: "redshift", options, channels: 1, size: 40 }, 1);
  const group = { ...spec.groups[0], scale: [0.5, 0.5], ratio: [1, 1] } as ViewGroup;
  for (let item = 0; item < 20; item++) {
    const view = drawView({ ...spec, groups: [group] }, { group: "global", view: 0, seed: 0, epoch: 0, item });
    const z = view.values.redshift?.["z"] as number;
    expect(z).toBeGreaterThanOrEqual(0.15);
    expect(z).toBeLessThanOrEqual(0.2);
    expect(view.width).toBeCloseTo((28 * angularDistance(z)) / angularDistance(0.1), 4);
    expect(view.height).toBe(view.width);
  }
  const planes = planesOf(2);
  const [dim] = viewsAlone({ name: "redshift", options, channels: 2, size, planes, drawn: [{ z: 0.2 }] });
  expect(
    largestGap(
      dim ?? [],
      planes.map((value) => value * (1.1 / 1.2) ** 3),
    ),
  ).toBeLessThan(1e-6);
});

test("erased boxes are torchvision's for the same draws, and hold the mean of each channel", () => {
  for (const [wide, area, ratio, draws, [top, left, height, width]] of fixture.erasing) {
    expect(drawErasedBox(replay(draws), { area, ratio }, wide)).toEqual({ top, left, height, width });
  }
  // specs subtract the mean from every pixel in the end
  const mean = [0.2, 0.7];
  const planes = planesOf(2);
  const [view = []] = viewsAlone({ name: "erasing", channels: 2, size, planes, drawn: [telling.erasing], mean });
  for (const [i, value] of view.entries()) {
    const [channel, row, column] = [Math.floor(i / size ** 2), Math.floor(i / size) % size, i % size];
    const erased = row >= 2 && row < 5 && column >= 1 && column < 6;
    const wanted = erased ? 0 : (planes[i] as number) - (mean[channel] as number);
    expect(Math.abs(value - wanted)).toBeLessThan(1e-6);
  }
});

test("draws lie in their ranges, and are told in words", () => {
  const operations = Object.fromEntries(
    names.map((name) => [name, specOf({ name, channels: 3, size }, 1).groups[0]?.operations[name]]),
  );
  const spec = specFor({ height: 40, width: 40, channels: 3, dtype: "uint8" }, { size: 32, operations });
  const { active } = layoutOf(spec, spec.groups[0] as ViewGroup);
  expect(active.map(({ operation }) => operation.name)).toEqual(names);
  for (let item = 0; item < 50; item++) {
    const { values } = drawView(spec, { group: "global", view: 0, seed: 4, epoch: 0, item });
    const of = (name: Name, field: string): number => values[name]?.[field] as number;
    expect(of("reddening", "excess")).toBeLessThanOrEqual(0.3);
    expect(of("psf", "across")).toBeGreaterThanOrEqual(0.5);
    expect(of("psf", "across")).toBe(of("psf", "down"));
    expect(Math.hypot(of("background", "right"), of("background", "down"))).toBeLessThanOrEqual(0.05);
    expect(of("skyNoise", "read")).toBeLessThanOrEqual(0.02);
    expect(of("erasing", "top") + of("erasing", "height")).toBeLessThanOrEqual(32);
  }
  const words = active.map(({ operation, options }) => operation.words(telling[operation.name as Name], options));
  expect(words).toEqual([
    "redshift 0.2",
    "E(B-V) 0.3",
    "PSF 1.73 px",
    "sky slope 0.224",
    "noise 0.0374 at white",
    "erased 5 x 3 px",
  ]);
});

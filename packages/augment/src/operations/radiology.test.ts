import { readFileSync } from "node:fs";
import { type OperationName, operationSchemas, type Operations, stream } from "@lejepa/contracts";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, expect, test } from "vitest";
import { largestGap, radiologyNames as names, specFor } from "../_fixture.test-helper.ts";
import { applyViews } from "../apply.ts";
import { drawView } from "../draw.ts";
import type { Drawn } from "../operation.ts";
import { identityParameters, layoutOf, packViews } from "../parameters.ts";
import type { ImageForm, ViewGroup, ViewSpec } from "../spec.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
  tf.enableProdMode();
});

interface Golden {
  readonly images: Record<string, { shape: [number, number, number]; black: number; white: number; data: number[] }>;
  readonly cases: readonly {
    readonly operation: OperationName;
    readonly image: string;
    readonly options: object;
    readonly drawn: Drawn;
    readonly micro: readonly number[];
  }[];
}

const golden = JSON.parse(readFileSync(new URL("../../fixtures/radiology.json", import.meta.url), "utf8")) as Golden;

/** Views of the whole of one image, one for each entry of `drawn`; undefined: nothing acts. [views, c * h * w] */
function viewsOf(
  image: ImageForm,
  data: readonly number[],
  operations: Operations,
  drawn: readonly (Partial<Record<OperationName, Drawn>> | undefined)[],
): number[][] {
  return tf.tidy(() => {
    const spec = specFor(image, { size: image.width, views: drawn.length, operations });
    const views = drawn.map((values) => ({ ...identityParameters(image), values: values ?? {} }));
    const packed = packViews(spec, spec.groups[0] as ViewGroup, views);
    const parameters = { "views.global": tf.tensor2d(packed, [packed.length / drawn.length, drawn.length]) };
    const pixels = tf.tensor4d([...data], [1, image.height, image.width, image.channels], "float32");
    const out = applyViews(pixels, parameters, spec).global as tf.Tensor4D;
    return out.reshape([drawn.length, -1]).arraySync() as number[][];
  });
}

test.each(golden.cases.map((one, i) => [`${i} ${one.operation} of ${one.image}`, one] as const))(
  "equals MONAI or the closed form: %s",
  (_, { operation, image, options, drawn, micro }) => {
    const { shape, black, white, data } = golden.images[image] as Golden["images"][string];
    const [height, width, channels] = shape;
    const form: ImageForm = { height, width, channels, dtype: "float32", range: [black, white] };
    const [got = []] = viewsOf(form, data, { [operation]: options }, [{ [operation]: drawn }]);
    // a tenth of what is promised
    expect(
      largestGap(
        got,
        micro.map((value) => value * 1e-6),
      ),
    ).toBeLessThanOrEqual(1e-5);
  },
);

const options = (name: OperationName): Operations => ({ [name]: operationSchemas[name].parse({ probability: 1 }) });

function drawnBy(spec: ViewSpec, item: number): Partial<Record<OperationName, Drawn>> {
  return drawView(spec, { group: "global", view: 0, seed: 3, epoch: 0, item }).values;
}

test.each(names.flatMap((name) => [1, 2, 3, 4, 5, 13].map((channels) => [name, channels] as const)))(
  "%s of %i channels: idle is the image itself, each view has its own, values stay in range",
  (name, channels) => {
    const form: ImageForm = { height: 8, width: 8, channels, dtype: "float32" };
    const data = Array.from(stream(1, "image").fillUniform(new Float32Array(64 * channels)));
    const spec = specFor(form, { size: 8, operations: options(name) });
    const a = drawnBy(spec, 0);
    const others = [1, 2, 3, 4, 5].map((item) => drawnBy(spec, item));
    const b = others.find((other) => JSON.stringify(other) !== JSON.stringify(a));
    const [first, idle, second] = viewsOf(form, data, options(name), [a, undefined, b]) as [
      number[],
      number[],
      number[],
    ];
    const planes = tf.tidy(() => tf.tensor3d(data, [8, 8, channels]).transpose([2, 0, 1]).dataSync());
    expect(idle).toEqual(Array.from(planes));
    expect(viewsOf(form, data, options(name), [b])).toEqual([second]);
    expect(largestGap(first, second)).toBeGreaterThan(1e-3);
    for (const value of [...first, ...second]) {
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThanOrEqual(1);
    }
  },
);

test("operations say in words what they did", () => {
  const said = names.map((name) => {
    const form: ImageForm = { height: 16, width: 16, channels: 1, dtype: "uint8", range: [0, 255] };
    const spec = specFor(form, { size: 16, operations: options(name) });
    const [active] = layoutOf(spec, spec.groups[0] as ViewGroup).active;
    return active?.operation.words(drawnBy(spec, 5)[name] as Drawn, active.options);
  });
  expect(said).toMatchInlineSnapshot(`
    [
      "window level 140, width 247",
      "bias field up to x1.52",
      "gray scale bent by up to 10 %",
      "gamma 1.47",
      "seen with 12 pixels a side",
      "rings: 0.667 x 0.889 of k-space",
      "noise 4.86 %",
      "Rician noise 4.86 %",
      "quantum noise 4.86 %",
    ]
  `);
});

const without: readonly [OperationName, object][] = [
  ["windowJitter", { level: 0, width: 0 }],
  ["biasField", { strength: 0 }],
  ["gamma", { gamma: [1, 1] }],
  ["lowResolution", { zoom: [1, 1] }],
  ["gibbsRinging", { kept: [1, 1] }],
  ["gaussianNoise", { std: [0, 0] }],
  ["ricianNoise", { std: [0, 0] }],
  ["quantumNoise", { std: [0, 0] }],
];

test.each(without)("%s that changes nothing costs nothing: %j", (name, settings) => {
  const operations = { [name]: operationSchemas[name].parse({ probability: 1, ...settings }) };
  const spec = specFor({ height: 8, width: 8, channels: 1, dtype: "uint8" }, { size: 8, operations });
  expect(layoutOf(spec, spec.groups[0] as ViewGroup).active).toEqual([]);
});

const moments = (values: readonly number[]): { mean: number; std: number } => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, std: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length) };
};

/** 48 x 48 pixels of one value, with noise. */
function noisy(name: "gaussianNoise" | "ricianNoise" | "quantumNoise", value: number, std = 0.05): number[] {
  const form: ImageForm = { height: 48, width: 48, channels: 1, dtype: "float32" };
  const operations = { [name]: operationSchemas[name].parse({ probability: 1 }) };
  const drawn = { [name]: { std, noiseStart: 7, noiseStride: 5 } };
  return viewsOf(form, Array<number>(48 * 48).fill(value), operations, [drawn])[0] as number[];
}

// standard error of a standard deviation over 2304 pixels: 1.5 %
test("noise has the moments of its distribution", () => {
  const gaussian = moments(noisy("gaussianNoise", 0.5));
  expect(gaussian.mean).toBeCloseTo(0.5, 2);
  expect(Math.abs(gaussian.std / 0.05 - 1)).toBeLessThan(0.06);
  // Rayleigh where there is no signal: mean sqrt(pi / 2) s, standard deviation sqrt(2 - pi / 2) s
  const air = moments(noisy("ricianNoise", 0));
  expect(Math.abs(air.mean / (0.05 * Math.sqrt(Math.PI / 2)) - 1)).toBeLessThan(0.05);
  expect(Math.abs(air.std / (0.05 * Math.sqrt(2 - Math.PI / 2)) - 1)).toBeLessThan(0.07);
  // where it is strong, its square has the mean x^2 + 2 s^2
  const tissue = noisy("ricianNoise", 0.6).map((value) => value ** 2);
  expect(Math.abs(moments(tissue).mean - (0.36 + 2 * 0.0025))).toBeLessThan(0.006);
  expect(Math.abs(moments(noisy("ricianNoise", 0.6)).std / 0.05 - 1)).toBeLessThan(0.06);
  // photons behind 0.75 are exp(0.25 * 3) times those behind white
  const dense = moments(noisy("quantumNoise", 0.75));
  const thin = moments(noisy("quantumNoise", 0.25));
  expect(Math.abs(dense.std / (0.05 * Math.exp(-0.25 * 1.5)) - 1)).toBeLessThan(0.06);
  expect(Math.abs(thin.std / (0.05 * Math.exp(-0.75 * 1.5)) - 1)).toBeLessThan(0.06);
});

// 400 photons behind white, drawn one by one: their logarithm has a standard deviation of 1 / sqrt(400)
test("quantum noise is that of counted photons behind a logarithm", () => {
  const attenuation = 3;
  const behindWhite = 400;
  const random = stream(9, "photons");
  const logarithms = (x: number): number[] =>
    Array.from({ length: 4000 }, () => -Math.log(poisson(behindWhite * Math.exp(attenuation * (1 - x)))) / attenuation);
  const poisson = (mean: number): number => {
    let [count, passed] = [-1, 0];
    while (passed < mean) {
      passed -= Math.log(1 - random.uniform(0, 1));
      count += 1;
    }
    return count;
  };
  const std = 1 / (attenuation * Math.sqrt(behindWhite));
  for (const x of [0.4, 0.8]) {
    const wanted = moments(logarithms(x)).std;
    expect(Math.abs(moments(noisy("quantumNoise", x, std)).std / wanted - 1)).toBeLessThan(0.08);
  }
});

import { createEngine } from "@lejepa/engine";
import { operationSchemas, type Operations, stream } from "@lejepa/contracts";
import type * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { type Case, fixture, largestGap, radiologyNames, setUp, specFor } from "./_fixture.test-helper.ts";
import { applyViews } from "./apply.ts";
import { drawViews } from "./draw.ts";
import { normaliseImages } from "./normalise.ts";
import { viewSignature } from "./parameters.ts";
import type { ViewSpec } from "./spec.ts";

const photometry: Operations = {
  horizontalFlip: { probability: 0.5 },
  colorJitter: { probability: 0.8, brightness: 0.4, contrast: 0.4, saturation: 0.2, hue: 0.1 },
  grayscale: { probability: 0.2 },
  gaussianBlur: { probability: 0.5, sigma: [0.1, 2] },
  solarize: { probability: 0.2, threshold: 0.5 },
};
const geometry: Operations = {
  zoomOut: { probability: 0.5, factor: [1, 2] },
  rotation: { probability: 1, degrees: 180 },
  shear: { probability: 0.5, degrees: 10 },
  quarterTurn: { probability: 0.75 },
  verticalFlip: { probability: 0.5 },
};

const radiology: Operations = Object.fromEntries(
  radiologyNames.map((name) => [name, operationSchemas[name].parse({ probability: 0.7 })]),
);
const observation: Operations = {
  seasonalPair: { probability: 1 },
  haze: { probability: 0.7, depth: [0.1, 1], light: [0, 1], exponent: 1.3 },
  bandGain: { probability: 0.7, sun: 0.3, contrast: 0.3, gain: 0.1, offset: 0.1 },
  speckle: { probability: 0.7, looks: [1, 9], unit: "auto" },
  clouds: {
    probability: 0.7,
    size: [0.1, 0.3],
    opacity: [0.5, 1],
    brightness: [0.5, 1],
    shadow: 0.5,
    distance: [0.1, 0.4],
  },
  bandDropout: { probability: 0.7, most: 0.5 },
};

const ground = { height: 14, width: 12, channels: 4, dtype: "float32", masked: true, paired: true } as const;

const sky: Operations = {
  redshift: { probability: 0.5, from: 0.1, added: [0, 0.2], dimming: 4 },
  reddening: { probability: 0.5, excess: [0, 0.3], coefficients: null },
  psf: { probability: 0.5, fwhm: [0.5, 2], beta: 3, ellipticity: 0.1 },
  background: { probability: 0.5, gradient: [0, 0.1] },
  skyNoise: { probability: 0.5, photon: [0, 0.001], read: [0, 0.02], softening: 20 },
  erasing: { probability: 0.5, area: [0.02, 0.33], ratio: [0.3, 3.3] },
};

const specs: Record<string, ViewSpec> = {
  "bands from above, of two dates, with gaps": {
    ...twoGroups({ ...ground, channelNames: ["B02", "B03", "B8A", "x"] }, { ...geometry, ...observation }, "bilinear"),
    leastValid: 0.5,
  },
  "decibels of two dates": twoGroups({ ...ground, masked: false, range: [-25, 0] }, observation, "bilinear"),
  "8-bit colour": twoGroups({ height: 17, width: 22, channels: 3, dtype: "uint8" }, photometry, "bilinear"),
  "float colour with rotation": twoGroups(
    { height: 15, width: 13, channels: 3, dtype: "float32" },
    { ...geometry, ...photometry },
    "bicubic",
  ),
  "8-bit galaxies": twoGroups(
    { height: 14, width: 14, channels: 3, dtype: "uint8" },
    { ...geometry, ...sky },
    "bilinear",
  ),
  "five channels": twoGroups(
    { height: 12, width: 12, channels: 5, dtype: "uint8" },
    { ...geometry, colorJitter: { probability: 1, brightness: 0, contrast: 0.5, saturation: 0, hue: 0 } },
    "bicubic",
  ),
  "all of radiology": twoGroups(
    { height: 16, width: 12, channels: 1, dtype: "float32", range: [0.2, 0.7] },
    { rotation: { probability: 1, degrees: 10 }, ...radiology },
    "bicubic",
  ),
};

for (const name of radiologyNames) {
  const image = { height: 14, width: 14, channels: 2, dtype: "float32", range: [-0.5, 0.8] } as const;
  specs[name] = twoGroups(image, { [name]: radiology[name] }, "bilinear");
}

function twoGroups(
  image: ViewSpec["image"],
  operations: Operations,
  interpolation: ViewSpec["interpolation"],
): ViewSpec {
  const spec = specFor(image, { views: 2, size: 9, operations }, interpolation);
  const local = { name: "local", views: 3, size: 6, scale: [0.05, 0.3], ratio: [3 / 4, 4 / 3], operations } as const;
  return { ...spec, groups: [...spec.groups, local], mean: Array<number>(image.channels).fill(0.4) };
}

const batch = 3;

function pixels(
  { height, width, channels, dtype, range }: ViewSpec["image"],
  of = "pixels",
): Uint8Array | Float32Array {
  const values = stream(5, of).fillUniform(new Float32Array(batch * height * width * channels));
  if (range !== undefined) return values.map((value) => range[0] + value * (range[1] - range[0]));
  return dtype === "uint8" ? Uint8Array.from(values, (value) => value * 256) : values;
}

function gaps({ height, width }: ViewSpec["image"], of: string): Uint8Array {
  const values = stream(5, of).fillUniform(new Float32Array(batch * height * width));
  return Uint8Array.from(values, (value) => (value < 0.3 ? 0 : 1));
}

function feedsOf(spec: ViewSpec): Record<string, Uint8Array | Float32Array> {
  const { image } = spec;
  const masks = {
    ...(image.masked && { masks: gaps(image, "masks") }),
    ...(image.masked && image.paired && { partnerMasks: gaps(image, "partner masks") }),
  };
  return {
    images: pixels(image),
    ...(image.paired && { partners: pixels(image, "partners") }),
    ...masks,
    ...drawViews(spec, { seed: 2, epoch: 1, items: [4, 8, 15], ...masks }),
  };
}

async function compiledViews(device: "reference" | "cpu", spec: ViewSpec): Promise<Record<string, Float32Array>> {
  const engine = await createEngine({ device });
  const { height, width, channels, dtype } = spec.image;
  const signature = { images: { shape: [batch, height, width, channels], dtype }, ...viewSignature(spec, batch) };
  const make = (inputs: Record<string, tf.Tensor>) =>
    applyViews(inputs["images"] as tf.Tensor, inputs, spec) as Record<string, tf.Tensor>;
  const program = await engine.compile(make, signature);
  const out = await program.run(feedsOf(spec));
  const read: Record<string, Float32Array> = {};
  for (const [name, tensor] of Object.entries(out)) {
    read[name] = (await tensor.read()) as Float32Array;
    tensor.dispose();
  }
  await engine.dispose();
  return read;
}

test.each(Object.entries(specs))("the compiled graph gives the reference's views: %s", async (_, spec) => {
  const wanted = await compiledViews("reference", spec);
  const got = await compiledViews("cpu", spec);
  expect(Object.keys(got)).toEqual(["global", "local"]);
  for (const name of Object.keys(wanted)) {
    expect(largestGap(got[name] as Float32Array, wanted[name] as Float32Array)).toBeLessThan(2e-5);
  }
});

const telling = [
  "whole chain bcsh",
  "whole chain hscb gray",
  "rotate, turn and flip",
  "bicubic shrinks one axis",
  "quarter turns 1 and flips",
];

test.each(telling)("the compiled graph equals torchvision: %s", async (name) => {
  const one = fixture.cases.find((candidate) => candidate.name === name) as Case;
  const engine = await createEngine({ device: "cpu" });
  const { spec, images, packed } = setUp(one, "float32");
  const signature = { images: { shape: images.shape }, ...viewSignature(spec, 1) };
  const make = (inputs: Record<string, tf.Tensor>) =>
    applyViews(inputs["images"] as tf.Tensor, inputs, spec) as Record<string, tf.Tensor>;
  const program = await engine.compile(make, signature);
  const feeds = { images: images.dataSync() as Float32Array, "views.global": packed.dataSync() as Float32Array };
  const out = await program.run(feeds);
  const got = (await out["global"]?.read()) as Float32Array;
  expect(
    largestGap(
      got,
      one.micro.map((value) => value * 1e-6),
    ),
  ).toBeLessThan(1e-5);
  await engine.dispose();
});

test("the compiled evaluation transform equals torchvision's", async () => {
  const engine = await createEngine({ device: "cpu" });
  const one = fixture.evaluation[0] as (typeof fixture.evaluation)[number];
  const image = fixture.images[one.image] as (typeof fixture.images)[string];
  const options = { dtype: "uint8", mean: [0, 0, 0], std: [1, 1, 1], size: one.size } as const;
  const signature = { images: { shape: [1, ...image.shape], dtype: "uint8" } } as const;
  const program = await engine.compile(({ images }) => ({ y: normaliseImages(images, options) }), signature);
  const out = await program.run({ images: Uint8Array.from(image.data) });
  const got = (await out["y"]?.read()) as Float32Array;
  expect(
    largestGap(
      got,
      one.micro.map((value) => value * 1e-6),
    ),
  ).toBeLessThan(1e-5);
  await engine.dispose();
});

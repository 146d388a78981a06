// A whole comparison on made-up features: three encoders that see the classes well, a little, and not at all.
import { stream } from "@lejepa/contracts";
import { createEngine, type Engine } from "@lejepa/engine";
import { type Comparison, compareFeatures, type ComparisonTask, type Matrix, matrix, type Targets } from "@lejepa/eval";
import sharp from "sharp";
import { type ComparisonExtras, galleryOf, mapFeatures, type NamedRow } from "./comparison-extras.ts";

/** Rows of the made-up set. */
const count = 240;
/** Its classes. */
const classes = ["edge-on", "elliptical", "merger", "spiral"];
/** Class of each row. */
const labels = Int32Array.from({ length: count }, (_, i) => (i * 7) % classes.length);

/** Features of which `strength` tells the classes apart. */
export function madeFeatures(strength: number, seed: number, dim = 16): Matrix {
  const data = stream(seed, "features").fillNormal(new Float32Array(count * dim));
  for (let row = 0; row < count; row++) {
    const at = row * dim + (labels[row] as number);
    data[at] = (data[at] as number) + strength;
  }
  return matrix(data, count, dim);
}

const rows = (from: number, to: number): Uint32Array => Uint32Array.from({ length: to - from }, (_, i) => from + i);

/** The splits: 120, 40 and 80 rows. */
export const splits = { train: rows(0, 120), validation: rows(120, 160), test: rows(160, 240) };

/** The same rows as labels (an image can be of two classes) or as numbers. */
function targetsOf(task: ComparisonTask): Targets {
  if (task === "classification") return { task, classes, labels };
  if (task === "regression") {
    const values = Float32Array.from({ length: count }, (_, row) => 100 * (labels[row] as number) + (row % 10));
    return { task, classes: ["redshift"], values: matrix(values, count, 1) };
  }
  const values = Float32Array.from({ length: 4 * count }, (_, at) => {
    const [row, j] = [Math.floor(at / 4), at % 4];
    return at % 37 === 0 ? Number.NaN : Number(labels[row] === j || (row % 5 === 0 && j === 3));
  });
  return { task, classes, values: matrix(values, count, 4) };
}

/** A comparison of three encoders; groups of two test images. */
export async function madeComparison(task: ComparisonTask = "classification"): Promise<Comparison> {
  const engine = await createEngine({ threads: 1 });
  const features = (strength: number, seed: number) => {
    const made = madeFeatures(strength, seed);
    return { embedding: made, probe: made };
  };
  try {
    return await compareFeatures(engine, {
      targets: targetsOf(task),
      splits,
      groups: Array.from({ length: count }, (_, i) => `group-${Math.floor(i / 2)}`),
      shots: task === "classification" ? [1, 5, 10, "all"] : [5, "all"],
      seeds: 3,
      resamples: 200,
      probes: task === "classification" ? ["knn", "logistic"] : ["knn"],
      encoders: [
        {
          name: "LeJEPA <ours>",
          kind: "own",
          seeds: [features(3, 1), features(3, 2), features(3, 3)],
          facts: { parameters: 5_612_345, trainSeconds: 812.3, imagesSeen: 96_000 },
        },
        {
          name: "dinov2-small",
          kind: "transfer",
          seeds: [features(1.5, 4)],
          notes: ["licence Apache-2.0", "3 of 5 bands: B04, B03, B02"],
          facts: { parameters: 22_056_576 },
        },
        { name: "random init", kind: "random", seeds: [features(0.6, 5)] },
      ],
      context: { command: "lejepa compare --run runs/first --baseline dinov2-small", device: "cpu" },
    });
  } finally {
    await engine.dispose();
  }
}

/** An image of the made-up set by its row. */
export const madeName = (row: number): NamedRow => ({
  row,
  id: `image-${row}.png`,
  label: classes[labels[row] as number],
});

/** Features of the three encoders of {@link madeComparison}. */
export const madeEncoders = [
  { encoder: "LeJEPA <ours>", features: madeFeatures(3, 1) },
  { encoder: "dinov2-small", features: madeFeatures(1.5, 4) },
  { encoder: "random init", features: madeFeatures(0.6, 5) },
];

/** Neighbours, maps and pictures of it. */
export async function madeExtras(engine: Engine, task: ComparisonTask = "classification"): Promise<ComparisonExtras> {
  const pictures = new Map<number, string>();
  for (let row = 0; row < count; row++) pictures.set(row, await madePicture(row));
  const rowsShown = Array.from(splits.test);
  const picture = pictures.get(160) as string;
  return {
    gallery: await galleryOf(engine, madeEncoders, {
      queries: [160, 161, 162, 163],
      train: splits.train,
      name: madeName,
    }),
    maps: madeEncoders.map(({ encoder, features }) => {
      const part = { data: features.data.subarray(160 * 16), rows: rowsShown.length, columns: 16 };
      const { method, points } = mapFeatures(part);
      return {
        encoder,
        method,
        points: points.map(([x, y], i) => {
          const { row, id, label = "" } = madeName(160 + i);
          const group = `group-${Math.floor(row / 2)}`;
          const colourBy = task === "regression" ? 100 * (labels[row] as number) + (row % 10) : label;
          return { x, y, id, label, group, colourBy, picture: pictures.get(row) };
        }),
      };
    }),
    patches: [{ encoder: "LeJEPA <ours>", images: [{ id: "image-160.png", image: picture, patches: picture }] }],
    pictures,
    dataCard: [
      ["images of", "made-up galaxies"],
      ["licence", "MIT"],
    ],
  };
}

// a soft spot of a colour of its own on black
async function madePicture(row: number): Promise<string> {
  const side = 24;
  const pixels = Uint8Array.from({ length: side * side * 3 }, (_, e) => {
    const [x, y, c] = [(Math.floor(e / 3) % side) - 12, Math.floor(e / 3 / side) - 12, e % 3];
    const width = 12 + 6 * (labels[row] as number);
    return (120 + ((row * (c + 3) * 29) % 135)) * Math.exp(-(x * x) / width - (y * y) / 40);
  });
  const bytes = await sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
    .webp({ quality: 70 })
    .toBuffer();
  return `data:image/webp;base64,${bytes.toString("base64")}`;
}

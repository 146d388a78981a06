// A whole comparison on made-up features: three encoders that see the classes well, a little, and not at all.
import { stream } from "@lejepa/contracts";
import { createEngine } from "@lejepa/engine";
import { type Comparison, compareFeatures, type Matrix, matrix } from "@lejepa/eval";

/** Rows of the made-up set. */
export const count = 240;
/** Its classes. */
export const classes = ["edge-on", "elliptical", "merger", "spiral"];
/** Class of each row. */
export const labels = Int32Array.from({ length: count }, (_, i) => (i * 7) % classes.length);

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

/** A comparison of three encoders; groups of two test images. */
export async function madeComparison(): Promise<Comparison> {
  const engine = await createEngine({ threads: 1 });
  const features = (strength: number, seed: number) => {
    const made = madeFeatures(strength, seed);
    return { embedding: made, probe: made };
  };
  try {
    return await compareFeatures(engine, {
      targets: { task: "classification", classes, labels },
      splits,
      groups: Array.from({ length: count }, (_, i) => `group-${Math.floor(i / 2)}`),
      shots: [1, 5, 10, "all"],
      seeds: 3,
      resamples: 200,
      probes: ["knn", "logistic"],
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

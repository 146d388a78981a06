// Pixels as an encoder: a grid of averages on its principal components. Fitted on the training rows alone.
import { pixelFeatures, principalComponents, project } from "./pixel-features.ts";
import { extractCached } from "./feature-files.ts";
import { digestOf, type OpenContext, trainingImages } from "./open-context.ts";
import { checkOutputs, type OpenedEncoder } from "./opened-encoder.ts";
import { createHash } from "node:crypto";

/** Cells of the grid along each side, and components kept. */
const grid = 16;
const components = 64;
/** Training images that the components are fitted on. */
const fitted = 2000;

/** Raw pixels: `grid` x `grid` averages of each channel, on their first principal components. */
export function openPixels(context: OpenContext): OpenedEncoder {
  const { store, rows: train, range } = trainingImages(context);
  const step = Math.max(1, Math.ceil(train.length / fitted));
  const sample = train.filter((_, i) => i % step === 0);
  const columns = Math.min(grid, store.height) * Math.min(grid, store.width) * store.channels;
  const featureDim = Math.max(1, Math.min(components, columns, sample.length - 1));
  const settings = {
    pixels: { grid, components, range },
    fittedOn: [store.fingerprint, createHash("sha256").update(sample).digest("hex")],
  };
  let fit: ReturnType<typeof principalComponents> | undefined;
  const outputs = ["embedding", "probe"];
  return {
    id: `pixels:${digestOf(settings)}`,
    name: "pixels",
    kind: "pixels",
    featureDim,
    outputs,
    notes: [
      `pixels: ${grid} x ${grid} averages of each channel, on ${featureDim} principal components of ${sample.length} training images`,
    ],
    extract: async (from, rows, options = {}) =>
      extractCached({
        name: "pixels",
        settings,
        store: from,
        rows,
        outputs: checkOutputs({ name: "pixels", outputs, depth: 0 }, options.outputs),
        options,
        cacheDir: context.cacheDir,
        open: async () => {
          const found = (fit ??= principalComponents(pixelFeatures(store, { rows: sample, grid, range }), components));
          return {
            batch: 64,
            async compute(some) {
              const { data } = project(pixelFeatures(from, { rows: some, grid, range }), found);
              return { embedding: data, probe: data };
            },
            async dispose() {},
          };
        },
      }),
    async dispose() {},
  };
}

// What the loss sees of images that were not trained on: features and projections of views drawn as in training, the model in
// evaluation mode (running statistics). Not features for probes: those are of whole images (features.ts).
import { applyViews, drawViews, type ViewSpec, viewSignature } from "@lejepa/augment";
import { LejepaError, stream } from "@lejepa/contracts";
import type { ImageStore, Splits } from "@lejepa/data";
import { type Encoder, flatLayout, pack, type Projector, unflatten } from "@lejepa/encoders";
import type { Engine, Feed } from "@lejepa/engine";
import * as tf from "@tensorflow/tfjs";
import { imageFeeds } from "../encoders/preprocess.ts";
import { type Matrix, matrix } from "../matrix.ts";
import { readOutput } from "./_read-output.ts";

/** Encoder and projector with the weights of both. */
export interface TrainedModel {
  readonly encoder: Encoder;
  readonly projector: Projector;
  readonly values: ReadonlyMap<string, Float32Array>;
}

/** What to compute. */
export interface ViewEmbeddingOptions extends TrainedModel {
  /** The run's views, for the form of the store. */
  readonly spec: ViewSpec;
  readonly store: ImageStore;
  readonly rows: Uint32Array;
  readonly seed: number;
  /** Images a run of the program; default 32. */
  readonly batchSize?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Embeddings of views: row `v * rows.length + i` is view v of the image `rows[i]`, global views first. */
export interface ViewEmbeddings {
  readonly rows: Uint32Array;
  readonly views: number;
  /** `[views * rows, featureDim]`, the encoder's. */
  readonly features: Matrix;
  /** `[views * rows, outDim]`, the projector's: what SIGReg holds at N(0, I). */
  readonly projections: Matrix;
}

// as an epoch of the views' draws, beyond any that a run has
const heldOutEpoch = 0xffff_ffff;

/**
 * Features and projections of every view of images.
 *
 * @throws LejepaError E_SHAPE, E_DTYPE when images, weights and views do not fit; E_ABORTED after the signal
 */
export async function embedViews(engine: Engine, options: ViewEmbeddingOptions): Promise<ViewEmbeddings> {
  const { encoder, spec, store, rows, batchSize = 32 } = options;
  const { height, width, channels, dtype } = spec.image;
  const batch = Math.max(1, Math.min(batchSize, rows.length));
  const views = spec.groups.reduce((sum, group) => sum + group.views, 0);
  const layout = flatLayout(encoder.params);
  const program = await engine.compile(
    (inputs: Readonly<Record<string, tf.Tensor>>) => {
      const params = unflatten(inputs["theta"] as tf.Tensor, layout);
      const images = applyViews(inputs["images"] as tf.Tensor, inputs, spec);
      const parts = spec.groups.map(
        ({ name }) => encoder.forward(params, images[name] as tf.Tensor, { training: false }).embedding,
      );
      return { embedding: tf.concat(parts, 0) };
    },
    {
      theta: { shape: [layout.length] },
      images: { shape: [batch, height, width, channels], dtype },
      ...viewSignature(spec, batch),
    },
  );
  const theta = await engine.tensor(pack(options.values, layout), [layout.length]);
  const dim = encoder.featureDim;
  const features = new Float32Array(views * rows.length * dim);
  try {
    for (let start = 0; start < rows.length; start += batch) {
      if (options.signal?.aborted)
        throw new LejepaError({ code: "E_ABORTED", where: "view embeddings", problem: "stopped on request" });
      const chunk = rows.subarray(start, start + batch);
      // the last batch is filled up with its first row
      const items = Uint32Array.from({ length: batch }, (_, i) => chunk[i] ?? (chunk[0] as number));
      const feeds = imageFeeds(store, items);
      const masks = spec.image.masked ? { masks: feeds["masks"] as Uint8Array } : {};
      const drawn = drawViews(spec, { seed: options.seed, epoch: heldOutEpoch, items, ...masks });
      const out = await program.run({ theta, images: feeds["images"] as Feed, ...drawn, ...masks });
      const values = await readOutput(out, "embedding");
      for (let v = 0; v < views; v++) {
        const from = values.subarray(v * batch * dim, (v * batch + chunk.length) * dim);
        features.set(from, (v * rows.length + start) * dim);
      }
    }
  } finally {
    theta.dispose();
    await program.dispose();
  }
  const all = matrix(features, views * rows.length, dim);
  return { rows, views, features: all, projections: await projectFeatures(engine, options, all) };
}

/**
 * The projector's outputs for features `[n, featureDim]`, in evaluation mode.
 *
 * @throws LejepaError E_SHAPE when features and projector do not fit
 */
export async function projectFeatures(
  engine: Engine,
  { projector, values }: Pick<TrainedModel, "projector" | "values">,
  features: Matrix,
): Promise<Matrix> {
  const layout = flatLayout(projector.params);
  const program = await engine.compile(
    ({ theta, x }) => ({ z: projector.forward(unflatten(theta, layout), x, { training: false }) }),
    { theta: { shape: [layout.length] }, x: { shape: [features.rows, features.columns] } },
  );
  try {
    const data = await readOutput(await program.run({ theta: pack(values, layout), x: features.data }), "z");
    return matrix(data, features.rows, projector.outDim);
  } finally {
    await program.dispose();
  }
}

/** Rows that were not trained on: validation and test, at most `limit` of them, drawn by the seed; where there are none, of training. */
export function heldOutRows(
  { train, validation, test }: Splits,
  { limit, seed }: { readonly limit: number; readonly seed: number },
): { readonly rows: Uint32Array; readonly heldOut: boolean } {
  const unseen = Uint32Array.from([...validation, ...test]);
  const heldOut = unseen.length > 0;
  const all = heldOut ? unseen : train;
  if (all.length <= limit) return { rows: all, heldOut };
  const chosen = stream(seed, "held-out rows").permutation(all.length).subarray(0, limit);
  return { rows: chosen.map((i) => all[i] as number).sort(), heldOut };
}

// The views of a few stored images as training would make them, brought back from the device, with what an encoder says of them.
// Not training, and not the judgement of what was drawn (separability.ts).
import {
  applyViews,
  drawView,
  drawViews,
  type GroupName,
  type ViewParameters,
  type ViewSpec,
  viewSignature,
  viewWords,
} from "@lejepa/augment";
import { LejepaError } from "@lejepa/contracts";
import type { ImageStore } from "@lejepa/data";
import { type Encoder, flatLayout, pack, unflatten } from "@lejepa/encoders";
import type { CompiledProgram, Engine, Feed } from "@lejepa/engine";
import type * as tf from "@tensorflow/tfjs";
import { type Matrix, matrix } from "./matrix.ts";

/** What to draw. */
export interface PreviewOptions {
  readonly views: ViewSpec;
  readonly encoder: Encoder;
  /** Parameters and buffers by name. */
  readonly values: ReadonlyMap<string, Float32Array>;
  readonly store: Pick<ImageStore, "read" | "readMasks" | "height" | "width">;
  /** Rows of the store. */
  readonly rows: readonly number[];
  /** The number that training draws each image's views by. */
  readonly items: readonly number[];
  readonly seed: number;
  readonly epoch?: number;
  /** Images a run of the program; default 16. */
  readonly batchSize?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Views of one size of all images, view-major: row `view * images + image`. */
export interface PreviewGroup {
  readonly name: GroupName;
  readonly views: number;
  readonly size: number;
  /** `[views * images, channels, size, size]`, normalised as the encoder sees them. */
  readonly pixels: Float32Array;
  /** `[views * images, featureDim]`. */
  readonly embedding: Matrix;
  readonly parameters: readonly ViewParameters[];
  /** The same in words, see `viewWords`. */
  readonly words: readonly (readonly string[])[];
}

/**
 * Draws all views of the rows: the same as in a step of training with this seed and epoch, for images of these numbers. The encoder
 * is run in evaluation mode.
 *
 * @throws LejepaError E_SHAPE, E_DTYPE when images, views and encoder do not fit; E_ABORTED after the signal
 */
export async function drawPreview(engine: Engine, options: PreviewOptions): Promise<PreviewGroup[]> {
  const { views, encoder, rows, items, batchSize = 16 } = options;
  const batch = Math.max(1, Math.min(batchSize, rows.length));
  const layout = flatLayout(encoder.params);
  const program = await compilePreview(engine, options, batch);
  const theta = await engine.tensor(pack(options.values, layout), [layout.length]);
  const targets = views.groups.map((group) => ({
    group,
    pixels: new Float32Array(group.views * rows.length * views.image.channels * group.size ** 2),
    embedding: new Float32Array(group.views * rows.length * encoder.featureDim),
  }));
  try {
    for (let start = 0; start < rows.length; start += batch) {
      if (options.signal?.aborted)
        throw new LejepaError({ code: "E_ABORTED", where: "preview", problem: "stopped on request" });
      // the last batch is filled up with its first image
      const places = Array.from({ length: batch }, (_, i) => (start + i < rows.length ? start + i : start));
      const out = await program.run({ theta, ...feeds(options, places) });
      const count = Math.min(batch, rows.length - start);
      for (const { group, pixels, embedding } of targets) {
        const place = { views: group.views, batch, count, start, images: rows.length };
        for (const [name, target] of [
          [`views.${group.name}`, pixels],
          [`features.${group.name}`, embedding],
        ] as const) {
          const tensor = out[name];
          if (tensor === undefined) continue;
          scatter((await tensor.read()) as Float32Array, target, place);
          tensor.dispose();
        }
      }
    }
  } finally {
    theta.dispose();
    await program.dispose();
  }
  return targets.map(({ group: { name, views: count, size }, pixels, embedding }) => {
    const parameters = parametersOf(options, { name, count });
    const words = parameters.map((view) => viewWords(view, views, name));
    return {
      name,
      views: count,
      size,
      pixels,
      parameters,
      words,
      embedding: matrix(embedding, count * items.length, encoder.featureDim),
    };
  });
}

function compilePreview(engine: Engine, { views, encoder }: PreviewOptions, batch: number): Promise<CompiledProgram> {
  const { height, width, channels, dtype } = views.image;
  const layout = flatLayout(encoder.params);
  const preview = (inputs: Readonly<Record<string, tf.Tensor>>): Record<string, tf.Tensor> => {
    const { theta, images } = inputs as Readonly<Record<"theta" | "images", tf.Tensor>>;
    const params = unflatten(theta, layout);
    const drawn = applyViews(images, inputs, views);
    const out: Record<string, tf.Tensor> = {};
    for (const { name } of views.groups) {
      const group = drawn[name] as tf.Tensor4D;
      out[`views.${name}`] = group;
      out[`features.${name}`] = encoder.forward(params, group, { training: false }).embedding;
    }
    return out;
  };
  const signature = {
    theta: { shape: [layout.length] },
    images: { shape: [batch, height, width, channels], dtype },
    ...viewSignature(views, batch),
  };
  return engine.compile(preview, signature);
}

function feeds(
  { views, store, rows, items, seed, epoch = 0 }: PreviewOptions,
  places: readonly number[],
): Record<string, Feed> {
  const chosen = places.map((place) => rows[place] as number);
  const pixels = store.read(chosen);
  return {
    images: pixels instanceof Uint8Array || pixels instanceof Float32Array ? pixels : Float32Array.from(pixels),
    ...drawViews(views, { seed, epoch, items: places.map((place) => items[place] as number) }),
    ...(views.image.masked && { masks: store.readMasks(chosen) }),
  };
}

interface Place {
  readonly views: number;
  readonly batch: number;
  /** Images of the batch that count. */
  readonly count: number;
  readonly start: number;
  readonly images: number;
}

// from [views, batch, width] of one run to [views, images, width] of all
function scatter(from: Float32Array, to: Float32Array, { views, batch, count, start, images }: Place): void {
  const width = from.length / (views * batch);
  for (let view = 0; view < views; view++) {
    const part = from.subarray(view * batch * width, (view * batch + count) * width);
    to.set(part, (view * images + start) * width);
  }
}

function parametersOf(
  { views, items, seed, epoch = 0 }: PreviewOptions,
  { name, count }: { readonly name: GroupName; readonly count: number },
): ViewParameters[] {
  return Array.from({ length: count }, (_, view) =>
    items.map((item) => drawView(views, { group: name, view, seed, epoch, item })),
  ).flat();
}

// An encoder trained further, or from random weights, on labels: the whole network and a linear head, by cross-entropy. What
// "supervised" and "full fine-tuning" mean in a comparison; not a trainer of products (no run folder, nothing to resume: it is short).
import { applyViews, drawViews, type ViewGroup, type ViewSpec, viewSignature } from "@lejepa/augment";
import { LejepaError, type Operations, stream } from "@lejepa/contracts";
import { type ImageStore, valueRange } from "@lejepa/data";
import { createProjector, type Encoder, flatten, type Params, unflatten } from "@lejepa/encoders";
import type { CompiledProgram, DeviceTensor, Engine, InputSpec } from "@lejepa/engine";
import { extractFeatures, matrix, type Matrix, predictedClasses } from "@lejepa/eval";
import * as tf from "@tensorflow/tfjs";
import { adamW, adamWHyper, hyperLength } from "./adamw.ts";
import { initialValues, joinModel, type Model, type ModelValues, stateShape } from "./model.ts";
import { programPixels } from "./prepare-data.ts";
import { learningRate, type Schedule } from "./schedule.ts";
import { disposeState, freshState, namedValues, readState, type TrainingState, uploadState } from "./state.ts";

/** What is trained on what. */
export interface FineTuneOptions {
  readonly encoder: Encoder;
  /** Weights to start from by name; absent: random ones of `seed`, which makes it supervised training from scratch. */
  readonly values?: ReadonlyMap<string, Float32Array> | undefined;
  /** How the encoder wants its images. */
  readonly image: {
    readonly size: number;
    readonly mean: readonly number[];
    readonly std: readonly number[];
    readonly range?: readonly [number, number] | undefined;
  };
  readonly store: ImageStore;
  /** Rows to learn from, to choose the best epoch on, and to predict. */
  readonly train: Uint32Array;
  readonly validation: Uint32Array;
  readonly test: Uint32Array;
  /** Class of each row of the store. */
  readonly labels: ArrayLike<number>;
  readonly classes: number;
  /** Flips and rotations of the domain's policy; crops are always drawn. */
  readonly operations?: Operations | undefined;
  /** Steps; default 30 passes over the training rows, at least 100 and at most 2000. */
  readonly steps?: number | undefined;
  /** Images a step; default 64. Fewer rows come several times, each with its own crop. */
  readonly batchSize?: number | undefined;
  /** Peak of the learning rate; default 5e-4. */
  readonly learningRate?: number | undefined;
  readonly weightDecay?: number | undefined;
  readonly seed?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** What came of it. */
export interface FineTuneResult {
  /** Logits of the test rows, of the step that was best on the validation rows. */
  readonly logits: Matrix;
  readonly predictions: Int32Array;
  /** Accuracy on the validation rows of each look, first to last. */
  readonly validation: readonly { readonly step: number; readonly accuracy: number }[];
  /** The step whose weights predicted. */
  readonly step: number;
}

const looks = 5;

/**
 * Trains encoder and head with AdamW (linear warm-up over a tenth of the steps, then cosine), random resized crops of 0.3 to 1 of the
 * area, and the given operations. After every fifth of the steps the validation rows are predicted; the best look (the first of equals)
 * predicts the test rows, which nothing else sees. Deterministic in `seed`.
 *
 * @throws LejepaError E_DATA without training or validation rows, E_NAN when the loss is not finite, E_ABORTED after the signal
 */
export async function fineTune(engine: Engine, options: FineTuneOptions): Promise<FineTuneResult> {
  const job = prepare(options);
  const { model, total } = job;
  const program = await compile(engine, job);
  let state: TrainingState | undefined;
  try {
    state = await uploadState(engine, model, freshState(startValues(job)));
    const seen: { step: number; accuracy: number; logits: Matrix }[] = [];
    for (let step = 0; step < total; step++) {
      if (options.signal?.aborted)
        throw new LejepaError({ code: "E_ABORTED", where: "fine-tuning", problem: "stopped on request" });
      await runStep({ program, state, job }, step);
      options.onProgress?.(step + 1, total);
      if (isLook(step + 1, total)) seen.push({ step: step + 1, ...(await look(engine, job, await readState(state))) });
    }
    const best = seen.reduce((a, b) => (b.accuracy > a.accuracy ? b : a));
    return {
      logits: best.logits,
      predictions: predictedClasses(best.logits),
      validation: seen.map(({ step, accuracy }) => ({ step, accuracy })),
      step: best.step,
    };
  } finally {
    if (state !== undefined) disposeState(state);
    await program.dispose();
  }
}

interface Job {
  readonly options: FineTuneOptions;
  readonly model: Omit<Model, "encoderSpec">;
  readonly views: ViewSpec;
  readonly batch: number;
  readonly total: number;
  readonly seed: number;
  readonly schedule: Schedule;
  readonly range: readonly [number, number];
}

const headPrefix = "head.";

function prepare(options: FineTuneOptions): Job {
  const { encoder, image, store, train, validation, classes, operations = {}, batchSize = 64, seed = 0 } = options;
  if (train.length === 0 || validation.length === 0) {
    throw new LejepaError({
      code: "E_DATA",
      where: "fine-tuning",
      expected: "labelled rows to learn from and to choose the best epoch on",
      got: `${train.length} and ${validation.length}`,
    });
  }
  const { height, width, channels, dtype } = store;
  const range = image.range ?? valueRange(store, train);
  const group: ViewGroup = {
    name: "global",
    views: 1,
    size: Math.min(image.size, height, width),
    scale: [0.3, 1],
    ratio: [3 / 4, 4 / 3],
    operations,
  };
  const total = options.steps ?? Math.min(2000, Math.max(100, Math.ceil((30 * train.length) / batchSize)));
  return {
    options,
    model: joinModel(
      encoder,
      createProjector({ inDim: encoder.featureDim, hidden: [], outDim: classes, prefix: headPrefix }),
    ),
    views: {
      image: { height, width, channels, dtype: dtype === "uint8" ? "uint8" : "float32", range },
      mean: image.mean,
      std: image.std,
      interpolation: "bilinear",
      border: "reflect",
      groups: [group],
    },
    batch: batchSize,
    total,
    seed,
    schedule: {
      peak: options.learningRate ?? 5e-4,
      warmupSteps: Math.ceil(total / 10),
      totalSteps: total,
      finalFactor: 1e-3,
    },
    range,
  };
}

// random values everywhere, then those that are given
function startValues({ model, options, seed }: Job): ModelValues {
  const start = initialValues(model, seed);
  const named = namedValues(model, start);
  for (const { name } of options.values === undefined ? [] : options.encoder.params) {
    const given = options.values?.get(name);
    if (given !== undefined) named.get(name)?.set(given);
  }
  return start;
}

function compile(engine: Engine, { model, views, batch, options }: Job): Promise<CompiledProgram> {
  const { height, width, channels, dtype } = views.image;
  const vector = { shape: stateShape(model) };
  const noise = model.encoder.noiseCount;
  const signature: Record<string, InputSpec> = {
    theta: vector,
    m: vector,
    v: vector,
    ...(model.buffers.length > 0 && { buffers: { shape: [model.buffers.length] } }),
    images: { shape: [batch, height, width, channels], dtype },
    ...viewSignature(views, batch),
    truth: { shape: [batch, options.classes] },
    hyper: { shape: [hyperLength] },
    ...(noise > 0 && { noise: { shape: [noise, batch] } }),
  };
  const updates = ["theta", "m", "v", ...(model.buffers.length > 0 ? ["buffers"] : [])];
  return engine.compile(stepFunction({ model, views }), signature, { updates });
}

type Tensors = Readonly<Record<string, tf.Tensor>>;

// mean over the batch of -log softmax(logits)[class]
function stepFunction({ model, views }: Pick<Job, "model" | "views">): (inputs: Tensors) => Record<string, tf.Tensor> {
  return (inputs) => {
    const { theta, m, v, buffers, hyper } = inputs as Readonly<
      Record<"theta" | "m" | "v" | "buffers" | "hyper", tf.Tensor>
    >;
    const current = (buffers as tf.Tensor | undefined) === undefined ? {} : unflatten(buffers, model.buffers);
    const updates = new Map<string, tf.Tensor>();
    const lossOf = (vector: tf.Tensor): tf.Scalar => {
      const params: Params = { ...unflatten(tf.reshape(vector, [-1]), model.parameters), ...current };
      const images = applyViews(inputs["images"] as tf.Tensor, inputs, views).global as tf.Tensor4D;
      const context = { training: true, noise: inputs["noise"], updates };
      const { embedding } = model.encoder.forward(params, images, context);
      const logits = model.projector.forward(params, embedding, { training: true, updates });
      const right = tf.sum(tf.mul(logits, inputs["truth"] as tf.Tensor), 1);
      return tf.mean(tf.sub(tf.logSumExp(logits, 1), right));
    };
    const { value: loss, grad } = tf.valueAndGrad(lossOf)(theta);
    const settings = {
      hyper,
      betas: [0.9, 0.999] as const,
      clipGradNorm: 1,
      decayLength: model.parameters.decayLength,
    };
    const next = adamW({ theta, m, v }, grad, settings);
    const outputs = {
      theta: next.theta,
      m: next.m,
      v: next.v,
      ...(model.buffers.length > 0 && {
        buffers: flatten({ ...current, ...Object.fromEntries(updates) }, model.buffers),
      }),
      loss,
    };
    for (const tensor of updates.values()) tensor.dispose();
    return outputs;
  };
}

interface Running {
  readonly program: CompiledProgram;
  readonly state: TrainingState;
  readonly job: Job;
}

async function runStep({ program, state, job }: Running, step: number): Promise<void> {
  const { options, views, batch, seed, schedule, model } = job;
  const { store, labels, classes, train } = options;
  const at = batchRows(train.length, batch, { seed, step });
  const rows = Uint32Array.from(at, (i) => train[i] as number);
  const truth = new Float32Array(batch * classes);
  rows.forEach((row, i) => {
    truth[i * classes + (labels[row] as number)] = 1;
  });
  // the same row may come several times in a batch: the place keeps its crops apart
  const items = at.map((_, i) => (step * batch + i) >>> 0);
  const noise = model.encoder.noiseCount;
  const out = await program.run({
    ...state,
    images: programPixels(store.read(rows)),
    ...drawViews(views, { seed, epoch: 0, items }),
    truth,
    hyper: adamWHyper(step, {
      learningRate: learningRate(schedule, step),
      weightDecay: options.weightDecay ?? 5e-2,
      betas: [0.9, 0.999],
    }),
    ...(noise > 0 && { noise: stream(seed, "fine-tune drop path", step).fillUniform(new Float32Array(noise * batch)) }),
  });
  const [loss = Number.NaN] = (await (out["loss"] as DeviceTensor).read()) as Float32Array;
  for (const tensor of Object.values(out)) tensor.dispose();
  if (Number.isFinite(loss)) return;
  throw new LejepaError({
    code: "E_NAN",
    where: `fine-tuning, step ${step + 1}`,
    expected: "a finite loss",
    got: String(loss),
    hint: "Try a lower learning rate.",
  });
}

// positions in the training rows: one permutation after the other, so that every row comes equally often
function batchRows(
  count: number,
  batch: number,
  { seed, step }: { readonly seed: number; readonly step: number },
): Uint32Array {
  const rows = new Uint32Array(batch);
  let pass = -1;
  let order = new Uint32Array(0);
  for (let i = 0; i < batch; i++) {
    const at = step * batch + i;
    if (Math.floor(at / count) !== pass) {
      pass = Math.floor(at / count);
      order = stream(seed, "fine-tune order", pass).permutation(count) as Uint32Array<ArrayBuffer>;
    }
    rows[i] = order[at % count] as number;
  }
  return rows;
}

const isLook = (step: number, total: number): boolean =>
  Math.floor((step * looks) / total) > Math.floor(((step - 1) * looks) / total);

async function look(engine: Engine, job: Job, values: ModelValues): Promise<{ accuracy: number; logits: Matrix }> {
  const { options, model, range } = job;
  const { encoder, image, store, validation, test, labels } = options;
  const named = namedValues(model, values);
  const rows = Uint32Array.from([...validation, ...test]);
  const { embedding } = await extractFeatures(engine, { encoder, values: named, ...image, range, store, rows });
  const all = applyHead(embedding, named, options.classes);
  const guessed = predictedClasses(all);
  let right = 0;
  validation.forEach((row, i) => {
    if (guessed[i] === labels[row]) right += 1;
  });
  const logits = all.data.subarray(validation.length * options.classes);
  return { accuracy: right / validation.length, logits: matrix(logits, test.length, options.classes) };
}

function applyHead({ data, rows, columns }: Matrix, named: ReadonlyMap<string, Float32Array>, classes: number): Matrix {
  const weight = named.get(`${headPrefix}0.weight`) as Float32Array;
  const bias = named.get(`${headPrefix}0.bias`) as Float32Array;
  const out = new Float32Array(rows * classes);
  for (let row = 0; row < rows; row++) {
    for (let c = 0; c < classes; c++) {
      let sum = bias[c] as number;
      for (let j = 0; j < columns; j++)
        sum += (data[row * columns + j] as number) * (weight[c * columns + j] as number);
      out[row * classes + c] = sum;
    }
  }
  return matrix(out, rows, classes);
}

// The comparison on features: every encoder through the same probes, draws and resamples, and what that says. Knows nothing of
// images or networks; features come in as matrices.
import { LejepaError } from "@lejepa/contracts";
import type { Engine } from "@lejepa/engine";
import {
  type Comparison,
  type EncoderKind,
  type MetricName,
  metricNames,
  type ProbeName,
  probeNames,
  type Shots,
} from "./comparison-schema.ts";
import { type CellInput, type FineTuner, type Probed, probeCells, type ProbedEncoder } from "./probe-cells.ts";
import { drawShots, uniqueShots } from "./probes/draws.ts";
import { prepareFeatures, type SeedFeatures } from "./probes/features.ts";
import { createKernel } from "./probes/kernel.ts";
import { defaultGrids, type Grids, probeSuits } from "./probes/run-probe.ts";
import { drawResamples, resampleCount } from "./statistics/bootstrap.ts";
import { metricsOfTask } from "./statistics/metrics.ts";
import { describeData } from "./describe-data.ts";
import { createProblem, type Problem, type ProblemInput, type Targets } from "./targets.ts";
import { findDifferences, resultsOf, verdictOf } from "./summarise.ts";
import { detailsOf, predictionsOf } from "./details.ts";

/** One encoder with its features of all rows. */
export interface EncoderFeatures {
  /** Unique. */
  readonly name: string;
  readonly kind: EncoderKind;
  /** One for each seed it was trained or initialised with. A function is called when its turn comes, and again for nothing. */
  readonly seeds: readonly (SeedFeatures | (() => Promise<SeedFeatures>))[];
  /** Layer-normalise the rows of `probe` before linear models; default true. */
  readonly layerNorm?: boolean | undefined;
  readonly notes?: readonly string[] | undefined;
  readonly facts?: Comparison["encoders"][number]["facts"] | undefined;
  /** Trains the whole network, for the probe `finetune`; absent: that probe passes over this encoder. */
  readonly fineTune?: FineTuner | undefined;
}

/** What {@link compareFeatures} needs. */
export interface CompareFeaturesOptions extends ProblemInput, CompareSettings {
  readonly encoders: readonly EncoderFeatures[];
}

/** How to compare. All have defaults. */
export interface CompareSettings {
  /** Default 1, 2, 5, 10, 100, 1000 and all; 10, 100, 1000 and all for regression. */
  readonly shots?: readonly Shots[] | undefined;
  /** Draws of few-shot rows; default 3. An encoder has one seed, or as many as this. */
  readonly seeds?: number | undefined;
  /** Default kNN, logistic regression and the paper's linear probe. */
  readonly probes?: readonly ProbeName[] | undefined;
  /** What validation rows choose by and the verdict is about; default balanced accuracy, AUROC for labels, R2. */
  readonly metric?: MetricName | undefined;
  /** A difference of no interest, as a fraction; default 0.02. */
  readonly margin?: number | undefined;
  /** Default 2000. */
  readonly resamples?: number | undefined;
  /** Of draws and resamples; default 0. */
  readonly seed?: number | undefined;
  readonly grids?: Partial<Grids> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** What is being worked on, e.g. `LeJEPA, seed 2 of 3`. */
  readonly onProgress?: ((what: string) => void) | undefined;
  /** Kept in the document as it is. */
  readonly context?: Comparison["context"] | undefined;
}

/** The settings with their defaults. */
export type ResolvedSettings = Comparison["settings"] & { readonly resolvedGrids: Grids };

const defaultShots: readonly Shots[] = [1, 2, 5, 10, 100, 1000, "all"];
const defaultMetric = { classification: "balancedAccuracy", multilabel: "auroc", regression: "r2" } as const;

/**
 * Compares encoders by probes on the same rows. Probes learn on the training rows, choose on all validation rows (whatever the
 * shots), and predict the test rows, which nothing else looks at. Deterministic on one device.
 *
 * Run `r` of a few-shot comparison takes draw `r` and, of an encoder with several seeds, seed `r` modulo their number. With all
 * rows there is one run for each seed.
 *
 * @throws LejepaError E_DATA (labels, splits, groups), E_NAN and E_SHAPE (features), E_USAGE (settings), E_ABORTED
 */
export async function compareFeatures(engine: Engine, options: CompareFeaturesOptions): Promise<Comparison> {
  const started = performance.now();
  const problem = createProblem(options);
  const settings = resolveSettings(options.targets, options);
  checkEncoders(options.encoders);
  const runs = Math.max(settings.seeds, ...options.encoders.map(({ seeds }) => seeds.length));
  const { draws, leftOut } = drawShots(problem.train, { ...settings, runs, classes: problem.classes });
  if (draws.length === 0) throw nothingDrawn(leftOut[0]?.reason);
  const resamples = drawResamples(problem.test.groupCount, {
    count: resampleCount(settings.resamples, problem.test.groupCount),
    seed: settings.seed,
  });
  const kernel = createKernel(engine);
  const probed: ProbedEncoder[] = [];
  try {
    for (const encoder of options.encoders) {
      const { signal, onProgress } = options;
      probed.push(await probeEncoder(encoder, { problem, settings, draws, resamples, kernel, signal, onProgress }));
    }
  } finally {
    await kernel.dispose();
  }
  const counted = performance.now();
  const differences = findDifferences(probed, { problem, metrics: metricsOfTask[problem.task] });
  const { resolvedGrids: _, ...plain } = settings;
  return {
    kind: "lejepa/comparison",
    version: 1,
    settings: plain,
    data: describeData(problem, leftOut),
    encoders: probed.map(({ description }) => description),
    results: resultsOf(probed, problem),
    differences: differences.map(({ row }) => row),
    verdict: verdictOf(differences, { settings, probed, problem }),
    details: detailsOf(probed, problem),
    predictions: predictionsOf(probed, problem),
    timings: {
      probes: Object.fromEntries(probed.map(({ description, seconds }) => [description.name, seconds])),
      statistics: (performance.now() - counted) / 1000,
      total: (performance.now() - started) / 1000,
    },
    context: options.context ?? {},
  };
}

type EncoderInput = Omit<CellInput, "features" | "encoderSeed" | "encoderSeeds"> & {
  readonly problem: Problem;
  readonly onProgress?: CompareSettings["onProgress"];
};

async function probeEncoder(encoder: EncoderFeatures, input: EncoderInput): Promise<ProbedEncoder> {
  const started = performance.now();
  const { name, kind, seeds, layerNorm = true, fineTune } = encoder;
  const cells: Probed[] = [];
  let dims = { embeddingDim: 1, probeDim: 1 };
  for (const [encoderSeed, given] of seeds.entries()) {
    input.onProgress?.(seeds.length > 1 ? `${name}, seed ${encoderSeed + 1} of ${seeds.length}` : name);
    const raw = typeof given === "function" ? await given() : given;
    dims = { embeddingDim: raw.embedding.columns, probeDim: raw.probe.columns };
    const features = prepareFeatures(raw, { name, problem: input.problem, layerNorm });
    cells.push(...(await probeCells({ ...input, features, encoderSeed, encoderSeeds: seeds.length, fineTune })));
  }
  const { notes = [], facts = {} } = encoder;
  const description = { name, kind, seeds: seeds.length, ...dims, notes: [...notes], facts };
  return { description, cells, seconds: (performance.now() - started) / 1000 };
}

function resolveSettings(targets: Targets, options: CompareSettings): ResolvedSettings {
  const { task } = targets;
  const metrics = metricsOfTask[task];
  const metric = options.metric ?? defaultMetric[task];
  if (!metrics.includes(metric) || metric === "mae") {
    const known = metricNames.filter((name) => metrics.includes(name) && name !== "mae");
    throw usage("metric", `one of ${known.join(", ")} for ${task}`, metric);
  }
  const probes = [...new Set(options.probes ?? (["knn", "logistic", "linear"] as const))];
  const unsuited = probes.find((probe) => !probeSuits(probe, task));
  if (unsuited !== undefined) {
    const suited = probeNames.filter((name) => probeSuits(name, task)).join(", ");
    throw usage("probes", `probes of ${task} (${suited})`, unsuited);
  }
  const probe = (["logistic", "linear", "knn", "ncm", "finetune"] as const).find((name) => probes.includes(name));
  if (probe === undefined) throw usage("probes", "at least one", "none");
  const { seeds = 3, margin = 0.02, resamples = 2000, seed = 0 } = options;
  const given = options.shots ?? (task === "regression" ? defaultShots.slice(3) : defaultShots);
  const shots = uniqueShots(given);
  if (shots.length === 0) throw usage("shots", "at least one number", "none");
  const grids: Grids = { ...defaultGrids, ...options.grids };
  return {
    task,
    shots,
    seeds,
    probes,
    probe,
    metric,
    margin,
    level: 0.95,
    resamples,
    seed,
    grids: { k: [...grids.k], C: [...grids.c], learningRate: [...grids.learningRate] },
    resolvedGrids: grids,
  };
}

function checkEncoders(encoders: readonly EncoderFeatures[]): void {
  if (encoders.length === 0) throw usage("encoders", "at least one", "none");
  const names = encoders.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw usage("encoders", "a name of its own for each", `${JSON.stringify(twice)} twice`);
  const empty = encoders.find(({ seeds }) => seeds.length === 0);
  if (empty !== undefined) throw usage(`encoders: ${empty.name}`, "features of at least one seed", "none");
}

const usage = (what: string, expected: string, got: string): LejepaError =>
  new LejepaError({ code: "E_USAGE", where: `compare: ${what}`, expected, got });

const nothingDrawn = (reason: string | undefined): LejepaError =>
  new LejepaError({
    code: "E_DATA",
    where: "compare: shots",
    problem: `none of the numbers of shots can be drawn: ${reason}`,
    hint: 'Ask for fewer shots, or for "all".',
  });

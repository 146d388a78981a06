// Runs the probes of one encoder seed over all draws, and keeps of each what summaries need: metrics, resamples, predictions.
// The scores themselves are not kept: for many test rows and classes they would fill the memory.
import { LejepaError } from "@lejepa/contracts";
import type { Comparison, MetricName, ProbeName } from "./comparison-schema.ts";
import type { ResolvedSettings } from "./compare-features.ts";
import type { Matrix } from "./matrix.ts";
import type { Draw } from "./probes/draws.ts";
import type { PreparedFeatures } from "./probes/features.ts";
import type { Kernel } from "./probes/kernel.ts";
import { type ProbeOutput, runProbe } from "./probes/run-probe.ts";
import { type Resamples, resampleMetrics } from "./statistics/bootstrap.ts";
import { type ClassScores, createEvaluator, metricsOfTask, predictedClasses } from "./statistics/metrics.ts";
import type { Problem } from "./targets.ts";

type Run = Comparison["results"][number]["runs"][number];

/** One probe on one draw of one encoder seed. */
export interface Probed {
  readonly probe: ProbeName;
  readonly draw: Draw;
  readonly record: Run;
  readonly metrics: ReadonlyMap<MetricName, number>;
  readonly resampled: ReadonlyMap<MetricName, Float64Array>;
  /** At the most shots only. */
  readonly detail?: ProbedDetail;
}

/** What is kept of a run at the most shots. */
export interface ProbedDetail {
  readonly perClass: readonly ClassScores[];
  /** `[test rows, outputs]` for labels and numbers, `[test rows, 1]` of class numbers. */
  readonly predicted: Matrix;
}

/** An encoder with all its runs. */
export interface ProbedEncoder {
  readonly description: Comparison["encoders"][number];
  readonly cells: readonly Probed[];
  readonly seconds: number;
}

/** One training of a whole network: rows are as in the problem, test rows are only predicted. */
export interface FineTuneJob {
  readonly encoderSeed: number;
  readonly train: Uint32Array;
  readonly validation: Uint32Array;
  readonly test: Uint32Array;
  readonly seed: number;
}

/** Trains a network on labels and predicts: scores `[test rows, classes]`, larger for likelier classes. */
export type FineTuner = (job: FineTuneJob) => Promise<{ readonly scores: Matrix; readonly validation: number }>;

/** What {@link probeCells} needs. */
export interface CellInput {
  readonly kernel: Kernel;
  readonly problem: Problem;
  readonly settings: ResolvedSettings;
  readonly draws: readonly Draw[];
  readonly resamples: Resamples;
  readonly features: PreparedFeatures;
  readonly encoderSeed: number;
  readonly encoderSeeds: number;
  /** Absent: this encoder cannot be trained here, and the probe `finetune` passes over it. */
  readonly fineTune?: FineTuner | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * All probes on the draws that belong to this encoder seed: those whose run is this seed modulo the number of seeds; of all
 * rows, which every draw repeats, one.
 *
 * @throws LejepaError E_ABORTED, E_NAN
 */
export async function probeCells(input: CellInput): Promise<Probed[]> {
  const { draws, encoderSeed, encoderSeeds, settings } = input;
  const mine = draws.filter(
    ({ run, shots }) => run % encoderSeeds === encoderSeed && (shots !== "all" || run < encoderSeeds),
  );
  const most = draws.at(-1)?.shots;
  const out: Probed[] = [];
  for (const probe of settings.probes) {
    if (probe === "finetune" && input.fineTune === undefined) continue;
    for (const draw of mine) {
      if (input.signal?.aborted)
        throw new LejepaError({ code: "E_ABORTED", where: "compare", problem: "stopped on request" });
      out.push(await probeOnce(input, { probe, draw, detailed: draw.shots === most }));
    }
  }
  return out;
}

interface Cell {
  readonly probe: ProbeName;
  readonly draw: Draw;
  readonly detailed: boolean;
}

async function probeOnce(input: CellInput, { probe, draw, detailed }: Cell): Promise<Probed> {
  const { problem, resamples, encoderSeed } = input;
  const started = performance.now();
  const { scores, chosen, validation } = await predict(input, probe, draw);
  const seconds = (performance.now() - started) / 1000;
  const evaluator = createEvaluator(problem.test.truth, scores);
  const names = metricsOfTask[problem.task];
  const values = evaluator.values(names);
  const record = {
    run: draw.run,
    encoderSeed,
    trainRows: draw.positions.length,
    trainGroups: new Set(draw.positions.map((i) => problem.train.groups[i] as number)).size,
    chosen: { ...chosen },
    validation: orNull(validation),
    metrics: Object.fromEntries(names.map((name, i) => [name, orNull(values[i] as number)])),
    seconds,
  };
  return {
    probe,
    draw,
    record,
    metrics: new Map(names.map((name, i) => [name, values[i] as number])),
    resampled: resampleMetrics(evaluator, names, { part: problem.test, resamples }),
    ...(detailed && { detail: { perClass: evaluator.perClass(), predicted: predictionOf(problem, scores) } }),
  };
}

async function predict(input: CellInput, probe: ProbeName, { positions, run }: Draw): Promise<ProbeOutput> {
  const { kernel, problem, settings, features, encoderSeed, fineTune } = input;
  const { train, validation, test } = problem;
  const seed = settings.seed + run;
  if (probe === "finetune") {
    const rows = positions.map((i) => train.rows[i] as number);
    const job = { encoderSeed, train: rows, validation: validation.rows, test: test.rows, seed };
    return { chosen: {}, ...(await (fineTune as FineTuner)(job)) };
  }
  return runProbe(kernel, probe, {
    features,
    positions,
    train: train.truth,
    validation: validation.truth,
    metric: settings.metric,
    grids: settings.resolvedGrids,
    seed,
  });
}

function predictionOf({ task }: Problem, scores: Matrix): Matrix {
  if (task !== "classification") return scores;
  return { data: Float32Array.from(predictedClasses(scores)), rows: scores.rows, columns: 1 };
}

/** JSON has no NaN. */
export const orNull = (value: number): number | null => (Number.isFinite(value) ? value : null);

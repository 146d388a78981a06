// Logistic regression on features at hand, for callers with one set of rows and no comparison.
import { LejepaError } from "@lejepa/contracts";
import type { Engine } from "@lejepa/engine";
import { columnScaling, type Matrix, scaleColumns } from "../matrix.ts";
import { predictedClasses } from "../statistics/metrics.ts";
import type { Truth } from "../targets.ts";
import { createKernel } from "./kernel.ts";
import { oneHot } from "./knn.ts";
import { defaultGrids, runProbe } from "./run-probe.ts";

/** Features with the class of each row, 0 .. classes-1. */
export interface LabelledFeatures {
  readonly features: Matrix;
  readonly labels: ArrayLike<number>;
}

/** Options of {@link logisticProbe}. */
export interface LogisticProbeOptions {
  readonly train: LabelledFeatures;
  /** Rows that choose the regularisation. */
  readonly validation: LabelledFeatures;
  /** Rows to predict. */
  readonly test: Matrix;
  readonly classes: number;
  /** Inverse regularisations (scikit-learn's `C`) to choose from, ascending. */
  readonly grid?: readonly number[] | undefined;
}

/** What a probe predicts. */
export interface LogisticProbeResult {
  /** Class of each test row. */
  readonly predictions: Int32Array;
  /** The inverse regularisation chosen. */
  readonly c: number;
  /** Its balanced accuracy on the validation rows. */
  readonly validation: number;
}

/**
 * Multinomial logistic regression on columns standardised by the training rows; the regularisation with the best balanced
 * accuracy on the validation rows, the strongest of equals. Test rows are only predicted.
 *
 * @throws LejepaError E_SHAPE when labels and rows differ in number
 */
export async function logisticProbe(engine: Engine, options: LogisticProbeOptions): Promise<LogisticProbeResult> {
  const { train, validation, test, classes, grid = defaultGrids.c } = options;
  const scaling = columnScaling(train.features);
  const split = {
    train: scaleColumns(train.features, scaling),
    validation: scaleColumns(validation.features, scaling),
    test: scaleColumns(test, scaling),
  };
  const kernel = createKernel(engine);
  try {
    const {
      scores,
      chosen,
      validation: found,
    } = await runProbe(kernel, "logistic", {
      features: { unit: split, normed: split, standard: split },
      positions: Uint32Array.from({ length: train.features.rows }, (_, i) => i),
      train: truthOf(train, classes),
      validation: truthOf(validation, classes),
      metric: "balancedAccuracy",
      grids: { ...defaultGrids, c: grid },
      seed: 0,
    });
    return { predictions: predictedClasses(scores), c: chosen["C"] as number, validation: found };
  } finally {
    await kernel.dispose();
  }
}

function truthOf({ features, labels }: LabelledFeatures, classes: number): Truth {
  if (labels.length === features.rows && labels.length > 0)
    return { task: "classification", labels: Int32Array.from(labels), values: oneHot(labels, classes) };
  const got = `${labels.length} labels for ${features.rows} rows`;
  throw new LejepaError({
    code: "E_SHAPE",
    where: "linear probe",
    expected: "a label for each row, at least one",
    got,
  });
}

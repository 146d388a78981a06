// All normality tests by name: what each is fit for, and from which value on it rejects N(0, 1).
import type * as tf from "@tensorflow/tfjs";
import { eppsPulley } from "../sigreg.ts";
import { bhep, henzeZirkler } from "./multivariate.ts";
import {
  andersonDarling,
  cramerVonMises,
  extendedJarqueBera,
  kolmogorovSmirnov,
  shapiroWilk,
  varianceCovariance,
  watson,
} from "./univariate.ts";

/** Level of significance to critical value, large samples. */
export type CriticalValues = Readonly<Record<"0.10" | "0.05" | "0.01", number>>;

/** One test. */
export interface NormalityTest {
  readonly name: string;
  /** Univariate: [samples, columns] to [columns]; multivariate: [samples, dim] to a scalar. */
  readonly kind: "univariate" | "multivariate";
  readonly fitFor: "training" | "diagnosis";
  readonly reason: string;
  readonly statistic: (x: tf.Tensor) => tf.Tensor;
  /** Of the statistic as returned, for known mean and variance; absent where no table is carried. */
  readonly criticalValues?: CriticalValues;
}

const sorting =
  "Sorts its input: ranks are not local to a rank of a distributed run, and the gradient jumps where they swap.";
const unbounded =
  "A polynomial in the moments: one far point makes the gradient as large as it likes (paper, theorem 3).";
const quadratic = "Memory grows with the square of the samples.";
const chi4 = { "0.10": 7.779, "0.05": 9.488, "0.01": 13.277 } as const;

/** Every test of this package. */
export const normalityTests: readonly NormalityTest[] = Object.freeze([
  {
    name: "epps-pulley",
    kind: "univariate",
    fitFor: "training",
    reason:
      "Bounded loss, gradient and curvature (paper, theorem 4); linear in the samples; its means reduce over ranks.",
    statistic: (x: tf.Tensor) => eppsPulley(x),
  },
  {
    name: "anderson-darling",
    kind: "univariate",
    fitFor: "diagnosis",
    reason: sorting,
    statistic: andersonDarling,
    criticalValues: { "0.10": 1.933, "0.05": 2.492, "0.01": 3.857 },
  },
  { name: "cramer-von-mises", kind: "univariate", fitFor: "diagnosis", reason: sorting, statistic: cramerVonMises },
  { name: "watson", kind: "univariate", fitFor: "diagnosis", reason: sorting, statistic: watson },
  {
    name: "kolmogorov-smirnov",
    kind: "univariate",
    fitFor: "diagnosis",
    reason: sorting,
    statistic: kolmogorovSmirnov,
  },
  {
    name: "shapiro-wilk",
    kind: "univariate",
    fitFor: "diagnosis",
    reason: sorting,
    statistic: (x: tf.Tensor) => shapiroWilk(x),
  },
  {
    name: "variance-covariance",
    kind: "univariate",
    fitFor: "diagnosis",
    reason: unbounded,
    statistic: varianceCovariance,
  },
  {
    name: "extended-jarque-bera",
    kind: "univariate",
    fitFor: "diagnosis",
    reason: unbounded,
    statistic: extendedJarqueBera,
    criticalValues: chi4,
  },
  { name: "henze-zirkler", kind: "multivariate", fitFor: "diagnosis", reason: quadratic, statistic: henzeZirkler },
  { name: "bhep", kind: "multivariate", fitFor: "diagnosis", reason: quadratic, statistic: (x: tf.Tensor) => bhep(x) },
]);

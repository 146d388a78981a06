/**
 * All normality tests by name: what each is fit for, and why. Critical values: critical-values.ts.
 *
 * Fit for training is a statistic whose gradient stays bounded however far a sample runs or however close samples come, does
 * not vanish for samples far out, costs O(samples) and splits into means over ranks. The paper (arXiv:2511.08544,
 * theorems 3 and 4) shows that of the common tests Epps-Pulley alone has all that; normality.test.ts repeats the experiment
 * behind the column `gradient`.
 */
import * as tf from "@tensorflow/tfjs";
import { eppsPulley } from "../sigreg.ts";
import { andersonDarling, cramerVonMises, kolmogorovSmirnov, watson } from "./cdf-tests.ts";
import { extendedJarqueBera, momentDistance, varianceCovariance } from "./moment-tests.ts";
import { bhep, combinedMgf, henzeVisagie, henzeZirkler } from "./multivariate-tests.ts";
import { orderStatisticNll, vasicekEntropy } from "./order-tests.ts";
import { shapiroWilk } from "./shapiro-wilk.ts";

/** One test against N(0, 1), or N(0, I). */
export interface NormalityTest {
  readonly name: string;
  /** Univariate: [samples, columns] to [columns]; multivariate: [samples, dim] to a scalar. */
  readonly kind: "univariate" | "multivariate";
  readonly fitFor: "training" | "diagnosis";
  /**
   * The gradient when one sample runs away or all come together: `bounded` with a pull at any distance, `vanishing` for samples
   * far out, or `unbounded`.
   */
  readonly gradient: "bounded" | "vanishing" | "unbounded";
  readonly reason: string;
  /** With the defaults; larger is less normal. Differentiable almost everywhere. */
  readonly statistic: (x: tf.Tensor) => tf.Tensor;
}

const flat =
  "Sorts, so ranks of a distributed run cannot share it; Phi is flat far out, so an outlier feels no pull back.";
const far = "A far sample makes the gradient as large as it likes (paper, theorem 3).";
const quadratic = "Time and memory grow with the square of the samples, and a far sample feels no pull.";
const overflow = "Grows like exp(|x|^2): overflows float32 away from normality; O(samples^2).";

const univariate: readonly Omit<NormalityTest, "kind">[] = [
  {
    name: "epps-pulley",
    fitFor: "training",
    gradient: "bounded",
    reason:
      "Loss, gradient and curvature bounded (paper, theorem 4); linear in the samples; its means add up over ranks.",
    statistic: (x) => eppsPulley(x),
  },
  {
    name: "anderson-darling",
    fitFor: "diagnosis",
    gradient: "unbounded",
    reason: "Sorts; the logarithms of the tails pull on an outlier in proportion to its distance.",
    statistic: (x) => andersonDarling(x),
  },
  { name: "cramer-von-mises", fitFor: "diagnosis", gradient: "vanishing", reason: flat, statistic: cramerVonMises },
  { name: "watson", fitFor: "diagnosis", gradient: "vanishing", reason: flat, statistic: watson },
  {
    name: "kolmogorov-smirnov",
    fitFor: "diagnosis",
    gradient: "vanishing",
    reason: flat,
    statistic: kolmogorovSmirnov,
  },
  {
    name: "shapiro-wilk",
    fitFor: "diagnosis",
    gradient: "unbounded",
    reason: "Sorts; blind to scale, so its gradient is inversely proportional to it, and it cannot prevent collapse.",
    statistic: (x) => shapiroWilk(x, { expectation: "elfving-symmetric" }),
  },
  {
    name: "extended-jarque-bera",
    fitFor: "diagnosis",
    gradient: "unbounded",
    reason: far,
    statistic: extendedJarqueBera,
  },
  {
    name: "variance-covariance",
    fitFor: "diagnosis",
    gradient: "unbounded",
    reason: far,
    statistic: varianceCovariance,
  },
  {
    name: "moment-distance",
    fitFor: "diagnosis",
    gradient: "unbounded",
    reason: far,
    statistic: (x) => momentDistance(x),
  },
  {
    name: "vasicek-entropy",
    fitFor: "diagnosis",
    gradient: "unbounded",
    reason: "Sorts; the gradient is 1 over the spacings, so it explodes where samples come together.",
    statistic: (x) => vasicekEntropy(x),
  },
  {
    name: "order-statistic-nll",
    fitFor: "diagnosis",
    gradient: "unbounded",
    reason:
      "Sorts; pulls on an outlier in proportion to its distance, and has no minimum at normality for single ranks.",
    statistic: (x) => tf.mean(orderStatisticNll(x), 0),
  },
];

const multivariate: readonly Omit<NormalityTest, "kind">[] = [
  { name: "henze-zirkler", fitFor: "diagnosis", gradient: "vanishing", reason: quadratic, statistic: henzeZirkler },
  { name: "bhep", fitFor: "diagnosis", gradient: "vanishing", reason: quadratic, statistic: (x) => bhep(x) },
  {
    name: "henze-visagie",
    fitFor: "diagnosis",
    gradient: "unbounded",
    reason: overflow,
    statistic: (x) => henzeVisagie(x),
  },
  {
    name: "combined-mgf",
    fitFor: "diagnosis",
    gradient: "unbounded",
    reason: overflow,
    statistic: (x) => tf.abs(combinedMgf(x)),
  },
];

/** Every test of this package. */
export const normalityTests: readonly NormalityTest[] = Object.freeze([
  ...univariate.map((test): NormalityTest => ({ kind: "univariate", ...test })),
  ...multivariate.map((test): NormalityTest => ({ kind: "multivariate", ...test })),
]);

import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { fixture, numbers, relativeError, useReference } from "../_golden.test-helper.ts";
import { andersonDarling, cramerVonMises, kolmogorovSmirnov, watson } from "./cdf-tests.ts";
import { extendedJarqueBera, momentDistance, varianceCovariance } from "./moment-tests.ts";
import { bhep, combinedMgf, henzeVisagie, henzeZirkler } from "./multivariate-tests.ts";
import { orderStatisticNll, vasicekEntropy } from "./order-tests.ts";
import { shapiroWilk } from "./shapiro-wilk.ts";
import { eppsPulley } from "../sigreg.ts";

type Statistic = (x: tf.Tensor) => tf.Tensor;
interface Golden {
  inputs: Record<string, number[]>;
  univariate: { test: string; input: string; value: number[] }[];
  multivariate: { test: string; input: string; value: (number | null)[] }[];
}
interface Gradients {
  cases: { test: string; input: string; value: number[]; grad: number[] }[];
}

beforeAll(useReference);

const golden = fixture<Golden>("normality-tests");
const input = (name: string): tf.Tensor2D => tf.tensor2d(golden.inputs[name]!, [64, 3]);

// the references were computed in float32, some by sums that cancel: tolerances hold what is left of their digits
const published: Record<string, [Statistic, tolerance?: number]> = {
  AndersonDarling: [(x) => andersonDarling(x, { tails: "rational" }), 3e-5],
  CramerVonMises: [cramerVonMises],
  Watson: [watson],
  "ShapiroWilk(elfving,shapiro_francia)": [(x) => shapiroWilk(x), 2e-5],
  "ShapiroWilk(blom,shapiro_francia)": [(x) => shapiroWilk(x, { expectation: "blom" }), 2e-5],
  "ShapiroWilk(rahman,shapiro_francia)": [(x) => shapiroWilk(x, { expectation: "rahman" }), 2e-5],
  "ShapiroWilk(rahman,rahman)": [(x) => shapiroWilk(x, { expectation: "rahman", covariance: "rahman" }), 3e-5],
  ExtendedJarqueBera: [extendedJarqueBera],
  VCReg: [varianceCovariance],
  "Entropy(m=1)": [(x) => vasicekEntropy(x, { ends: "doubled" })],
  "NLL(alpha=0.5)": [(x) => asPublished(x, orderStatisticNll(x, { tails: "rational" })), 3e-5],
  "Moments(k_max=4)": [(x) => momentDistance(x)],
  "EppsPulley(t_max=3,n_points=17)": [(x) => eppsPulley(x)],
  HZ: [henzeZirkler],
  "BHEP(beta=0.1)": [(x) => bhep(x, { beta: 0.1 }), 2e-3],
  "COMB(gamma=0.1)": [(x) => combinedMgf(x, { gamma: 0.1 }), 2e-5],
  "HV(gamma=1)": [(x) => henzeVisagie(x, { gamma: 1 })],
};

/** The published implementation returns row j of the sorted result from rank argsort(x)[j], which we do not imitate. */
function asPublished(x: tf.Tensor, byRank: tf.Tensor): tf.Tensor {
  const columns = numbers(tf.transpose(x)).reduce<number[][]>(
    (all, v, i) => ((all[Math.floor(i / 64)] ??= []).push(v), all),
    [],
  );
  const order = columns.map((column) => column.map((_, i) => i).sort((a, b) => column[a]! - column[b]!));
  const values = numbers(byRank);
  return tf.tensor1d(Array.from({ length: 192 }, (_, i) => values[order[i % 3]![Math.floor(i / 3)]! * 3 + (i % 3)]!));
}

describe("published values", () => {
  const cases = [...golden.univariate, ...golden.multivariate];
  test("cover every test", () => expect(new Set(cases.map((c) => c.test))).toEqual(new Set(Object.keys(published))));

  test.each(cases.filter(({ value }) => !value.includes(null)))("$test, $input", ({ test: name, input: of, value }) => {
    const [statistic, tolerance = 1e-5] = published[name]!;
    const got = numbers(statistic(input(of)));
    expect(got).toHaveLength(value.length);
    for (const [i, v] of (value as number[]).entries()) {
      // relative, but for single ranks of the likelihood, some of which pass through 0
      const scale = got.length > 3 ? Math.max(1, Math.abs(v)) : Math.abs(v);
      expect(Math.abs(got[i]! - v) / scale, `value ${i}`).toBeLessThan(tolerance);
    }
  });

  test.each(cases.filter(({ value }) => value.includes(null)))(
    "$test, $input: overflow keeps its sign",
    ({ test: name, input: of }) => {
      expect(numbers(published[name]![0](input(of)))).toEqual([-Infinity]); // NaN there
    },
  );
});

const ours: Record<string, Statistic> = {
  "epps-pulley": eppsPulley,
  "anderson-darling": andersonDarling,
  "cramer-von-mises": cramerVonMises,
  watson,
  "kolmogorov-smirnov": kolmogorovSmirnov,
  "shapiro-wilk elfving-symmetric": (x) => shapiroWilk(x, { expectation: "elfving-symmetric" }),
  "shapiro-wilk rahman": (x) => shapiroWilk(x, { expectation: "rahman", covariance: "rahman" }),
  "extended-jarque-bera": extendedJarqueBera,
  "variance-covariance": varianceCovariance,
  moments: (x) => momentDistance(x),
  "vasicek-entropy 1": (x) => vasicekEntropy(x),
  "vasicek-entropy 3": (x) => vasicekEntropy(x, { width: 3 }),
  "order-statistic-nll": orderStatisticNll,
  bhep: (x) => bhep(x),
  "henze-zirkler": henzeZirkler,
  "henze-visagie": (x) => henzeVisagie(x),
  "combined-mgf": (x) => combinedMgf(x),
};

describe("values and gradients in float64", () => {
  const cases = fixture<Gradients>("normality-gradients").cases;
  test("cover every test", () => expect(new Set(cases.map((c) => c.test))).toEqual(new Set(Object.keys(ours))));

  test.each(cases)("$test, $input", ({ test: name, input: of, value, grad }) => {
    const statistic = ours[name]!;
    const x = input(of);
    expect(relativeError(numbers(statistic(x)), value)).toBeLessThan(2e-5);
    const got = tf.grad((v: tf.Tensor) => tf.sum(statistic(v)))(x);
    expect(relativeError(numbers(got), grad)).toBeLessThan(1e-4);
  });
});

/**
 * A smooth multiplicative field, exp(sum of c_ij P_i(y) P_j(x)) over 1 <= i + j <= degree with Legendre polynomials on [-1, 1] from the
 * first to the last pixel: MONAI's RandBiasField (Van Leemput et al. 1999) with coefficients of both signs and without the constant
 * term, which is a brightness. It imitates the sensitivity of receive coils in MR and uneven illumination in microscopy. The field is the
 * view's, whatever its crop.
 */
import * as tf from "@tensorflow/tfjs";
import { type Operation, short } from "../operation.ts";

export const biasField: Operation<"biasField"> = {
  name: "biasField",
  fields: ({ strength, degree }) => (strength === 0 ? {} : { coefficients: { rows: termsOf(degree).length, idle: 0 } }),
  draw: (random, { strength, degree }) => ({
    coefficients: termsOf(degree).map(() => random.uniform(-strength, strength)),
  }),
  apply(x, fields, { degree }, { size }) {
    const terms = termsOf(degree);
    const coefficients = tf.reshape(fields.many("coefficients"), [terms.length, fields.count]);
    const basis = tf.tensor2d(basisOf(terms, size), [terms.length, size * size]);
    const field = tf.exp(tf.reshape(tf.matMul(coefficients, basis, true), [fields.count, size, size]));
    return tf.minimum(tf.mul(x, field), 1) as tf.Tensor4D;
  },
  words: ({ coefficients }) => `bias field up to x${short(Math.exp(sumOfSizes(coefficients as readonly number[])))}`,
};

const sumOfSizes = (values: readonly number[]): number => values.reduce((sum, value) => sum + Math.abs(value), 0);

/** Degrees along y and x of each coefficient: by total degree, then by that along y. */
function termsOf(degree: number): (readonly [number, number])[] {
  const terms: (readonly [number, number])[] = [];
  for (let total = 1; total <= degree; total++) for (let y = 0; y <= total; y++) terms.push([y, total - y]);
  return terms;
}

function basisOf(terms: readonly (readonly [number, number])[], size: number): Float32Array {
  const line = Array.from({ length: size }, (_, i) => (size === 1 ? -1 : (2 * i) / (size - 1) - 1));
  const basis = new Float32Array(terms.length * size * size);
  let at = 0;
  for (const [alongY, alongX] of terms) {
    for (const y of line) for (const x of line) basis[at++] = legendre(alongY, y) * legendre(alongX, x);
  }
  return basis;
}

// Bonnet's recursion: (n + 1) P_{n+1} = (2n + 1) x P_n - n P_{n-1}
function legendre(degree: number, x: number): number {
  let [before, now] = [0, 1];
  for (let n = 0; n < degree; n++) [before, now] = [now, ((2 * n + 1) * x * now - n * before) / (n + 1)];
  return now;
}

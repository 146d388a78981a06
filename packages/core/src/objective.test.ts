import { stream } from "@lejepa/contracts";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { fixture, numbers, type ObjectiveGolden, relativeError, useReference } from "./_golden.test-helper.ts";
import { sigregDirections } from "./directions.ts";
import { lejepaLoss, type LejepaLossOptions } from "./objective.ts";
import { sigreg } from "./sigreg.ts";

beforeAll(useReference);

describe("goldens", () => {
  const { embeddings, directions, shape, quadrature, cases } = fixture<ObjectiveGolden>("objective");
  const { kind, knots, tMax } = quadrature;

  test.each(cases)("lambda $lambda_, centre on $centreViews views", ({ lambda_: lambda, centreViews, ...golden }) => {
    const z = tf.tensor3d(embeddings, [shape.views, shape.samples, shape.dim]);
    const a = tf.tensor2d(directions, [shape.dim, shape.slices]);
    const options = { lambda, globalViews: centreViews, quadrature: kind, knots, tMax };
    const parts = lejepaLoss(z, a, options);
    for (const name of ["loss", "invariance", "sigreg"] as const) {
      expect(parts[name].shape).toEqual([]);
      expect(relativeError(numbers(parts[name]), [golden[name]]), name).toBeLessThan(1e-5);
    }
    const grad = tf.grad((v: tf.Tensor) => lejepaLoss(v, a, options).loss)(z);
    expect(relativeError(numbers(grad), golden.gradEmbeddings)).toBeLessThan(1e-4);
  });
});

describe("options", () => {
  const values = stream(3, "test").fillNormal(new Float32Array(4 * 6 * 5));
  const z = tf.tensor3d(values, [4, 6, 5]);
  const a = tf.tensor2d(sigregDirections(5, 7, 0, 0), [5, 7]);
  const parts = (options: LejepaLossOptions): { loss: number; invariance: number; sigreg: number } => {
    const { loss, invariance, sigreg: regulariser } = lejepaLoss(z, a, options);
    return { loss: numbers(loss)[0]!, invariance: numbers(invariance)[0]!, sigreg: numbers(regulariser)[0]! };
  };

  test("defaults are the paper's: lambda 0.05, convex, all views global", () => {
    const { loss, invariance, sigreg: regulariser } = parts({});
    expect(loss).toBeCloseTo(0.95 * invariance + 0.05 * regulariser, 5);
    expect(parts({ globalViews: 4, lambda: 0.05, centre: "all" })).toEqual(parts({}));
  });

  test("centre on all views, whatever is global", () => {
    expect(parts({ globalViews: 2, centre: "all" })).toEqual(parts({ globalViews: 4 }));
    expect(parts({ globalViews: 2 }).invariance).not.toBeCloseTo(parts({ globalViews: 4 }).invariance, 3);
  });

  test("sum instead of a convex combination", () => {
    const { loss, invariance, sigreg: regulariser } = parts({ combine: "sum", lambda: 0.2 });
    expect(loss).toBeCloseTo(invariance + 0.2 * regulariser, 5);
  });

  test("lambda divided by the number of ranks", () => {
    const whole = parts({ lambda: 0.2, worldSize: 4 });
    const divided = parts({ lambda: 0.2, worldSize: 4, lambdaPerRank: true });
    expect(whole.loss).toBeCloseTo(0.8 * whole.invariance + 0.2 * whole.sigreg, 5);
    expect(divided.loss).toBeCloseTo(0.95 * whole.invariance + 0.05 * whole.sigreg, 5);
  });

  test("views left out of the loss still make the centre", () => {
    const centre = tf.mean(tf.slice(z, [0, 0, 0], [2, -1, -1]), 0, true);
    const local = tf.slice(z, [2, 0, 0], [2, -1, -1]);
    const got = parts({ globalViews: 2, lossViews: "local" });
    expect(got.invariance).toBeCloseTo(numbers(tf.mean(tf.squaredDifference(local, centre)))[0]!, 5);
    expect(got.sigreg).toBeCloseTo(numbers(sigreg(local, a))[0]!, 5);
    const global = tf.slice(z, [0, 0, 0], [2, -1, -1]);
    expect(parts({ globalViews: 2, lossViews: "global" }).sigreg).toBeCloseTo(numbers(sigreg(global, a))[0]!, 5);
  });

  test("options of SIGReg reach it", () => {
    expect(parts({ pooled: true }).sigreg).toBeCloseTo(numbers(sigreg(z, a, { pooled: true }))[0]!, 5);
    expect(parts({ reduction: "sum" }).sigreg).toBeCloseTo(28 * parts({}).sigreg, 3);
    expect(parts({ clipValue: 1e9 }).sigreg).toBe(0);
    expect(parts({ tMax: 5, quadrature: "full-line" }).sigreg).not.toBeCloseTo(parts({}).sigreg, 4);
  });

  test.each([
    [{ globalViews: 5 }, /globalViews as an integer in 1 \.\. 4 \(the views of z\), got 5/],
    [{ globalViews: 0 }, /globalViews/],
    [{ lambda: 1.5 }, /lambda in \[0, 1\], got 1.5/],
    [{ lossViews: "local" }, /at least one local view/],
  ] as [LejepaLossOptions, RegExp][])("refused: %j", (options, message) => {
    expect(() => lejepaLoss(z, a, options)).toThrow(message);
  });
});

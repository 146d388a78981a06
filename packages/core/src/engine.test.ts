// Everything again on the native engine, against the same goldens; and over ranks.
import { stream } from "@lejepa/contracts";
import { createEngine, type Engine, type ErrorBounds, errorBounds, findTensorflow, localGroup } from "@lejepa/engine";
import { emulatedEngine } from "@lejepa/engine/testing";
import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { fixture, type ObjectiveGolden, relativeError, type SigregGolden } from "./_golden.test-helper.ts";
import { characteristicMethod } from "./characteristic.ts";
import { sigregDirections } from "./directions.ts";
import { combinedMgf } from "./normality/multivariate-tests.ts";
import { orderStatisticNll } from "./normality/order-tests.ts";
import { normalityTests } from "./normality/registry.ts";
import { lejepaLoss, type LejepaLossOptions } from "./objective.ts";
import { type EppsPulleyOptions, sigreg, type SigregOptions } from "./sigreg.ts";

const devices = ["cpu", "webgpu", "tensorflow"] as const;
const missing: Readonly<Record<(typeof devices)[number], string | undefined>> = {
  cpu: undefined,
  // vitest.base.ts looks for a driver
  webgpu: process.env["VK_DRIVER_FILES"] === undefined ? "no Vulkan device (Debian: chromium-common)" : undefined,
  tensorflow: findTensorflow() === undefined ? "TensorFlow is not installed (npm run test:tensorflow)" : undefined,
};

let engine: Engine;
/** Makes `engine` for the tests around the call. */
function useDevice(device: (typeof devices)[number]): void {
  const reason = missing[device];
  beforeAll(async () => {
    if (reason === undefined) engine = await createEngine({ device });
  });
  beforeEach(({ skip }) => skip(reason !== undefined, reason));
  afterAll(() => engine?.dispose());
}

/** Runs a function of one tensor and its gradient of the sum; returns both as numbers. */
async function valueAndGrad(
  f: (z: tf.Tensor, a: tf.Tensor) => tf.Tensor,
  z: { data: Float32Array; shape: number[] },
  a: { data: Float32Array; shape: number[] },
): Promise<{ value: number[]; grad: number[] }> {
  const program = await engine.compile(
    (inputs) => {
      const { value, grads } = tf.valueAndGrads((v: tf.Tensor) => tf.sum(f(v, inputs.a)) as tf.Scalar)([inputs.z]);
      return { total: value, value: f(inputs.z, inputs.a), grad: grads[0]! };
    },
    { z: { shape: z.shape }, a: { shape: a.shape } },
    { mixedPrecision: true },
  );
  const out = await program.run({ z: z.data, a: a.data });
  const [value, grad] = await Promise.all([out.value!.read(), out.grad!.read()]);
  for (const tensor of Object.values(out)) tensor.dispose();
  await program.dispose();
  return { value: Array.from(value), grad: Array.from(grad) };
}

const table = (data: ArrayLike<number>, ...shape: number[]): { data: Float32Array; shape: number[] } => ({
  data: Float32Array.from(data),
  shape,
});

const forms: readonly (readonly [string, EppsPulleyOptions])[] = [
  ["recurrence", { form: "recurrence" }],
  ["recurrence in chunks", { form: "recurrence", chunkElements: 1 }],
  ["direct", { form: "direct" }],
  ["direct in chunks", { form: "direct", chunkElements: 1 }],
];

const sigregCases = fixture<SigregGolden>("sigreg").cases;

async function checkSigreg(
  { shape, quadrature: { kind, knots, tMax }, ...golden }: SigregGolden["cases"][number],
  form: EppsPulleyOptions,
  { loss, lossGradient }: ErrorBounds,
): Promise<void> {
  const options: SigregOptions = { quadrature: kind, knots, tMax, ...form };
  const z = table(golden.embeddings, shape.views, shape.samples, shape.dim);
  const a = table(golden.directions, shape.dim, shape.slices);
  const { value, grad } = await valueAndGrad((v, directions) => sigreg(v, directions, options), z, a);
  expect(relativeError(value, [golden.loss])).toBeLessThan(loss);
  expect(relativeError(grad, golden.gradEmbeddings)).toBeLessThan(lossGradient);
  const each = await valueAndGrad((v, directions) => sigreg(v, directions, { ...options, reduction: "none" }), z, a);
  expect(relativeError(each.value, golden.statisticPerViewPerSlice)).toBeLessThan(loss);
}

// shaders take seconds to compile on SwiftShader: two goldens there, one of them the hardest
test("a GPU gets the direct form", () => {
  expect(characteristicMethod("webgpu").form).toBe("direct");
  expect(characteristicMethod("cpu").form).toBe("recurrence");
});

describe.each(forms.filter(([, { form }]) => form === characteristicMethod("webgpu").form))(
  "SIGReg goldens on webgpu, %s",
  (_, form) => {
    useDevice("webgpu");
    test.each(sigregCases.filter(({ name }) => name === "gauss" || name === "collapsed"))("$name", (golden) =>
      checkSigreg(golden, form, errorBounds.webgpu),
    );
  },
);

describe.each(["float16", "bfloat16"] as const)("in mixed precision of %s", (half) => {
  beforeAll(() => {
    engine = emulatedEngine(half);
  });
  afterAll(() => engine.dispose());

  describe.each(forms.filter(([name]) => !name.includes("chunks")))("SIGReg goldens as in float32, %s", (_, form) => {
    test.each(sigregCases)("$name", (golden) => checkSigreg(golden, form, errorBounds.cpu));
  });

  test("a product outside SIGReg is rounded", async () => {
    const { value } = await valueAndGrad((z, a) => tf.matMul(z, a), table([1.0001], 1, 1), table([1], 1, 1));
    expect(value).toEqual([1]);
  });
});

describe.each(["cpu", "tensorflow"] as const)("on %s", (device) => {
  useDevice(device);
  const { loss, lossGradient } = errorBounds[device];

  describe.each(forms)("SIGReg goldens, %s", (_, form) => {
    test.each(sigregCases)("$name", (golden) => checkSigreg(golden, form, errorBounds[device]));
  });

  test.each(fixture<ObjectiveGolden>("objective").cases)(
    "objective goldens: lambda $lambda_, $centreViews views",
    async (golden) => {
      const { embeddings, directions, shape } = fixture<ObjectiveGolden>("objective");
      const options: LejepaLossOptions = { lambda: golden.lambda_, globalViews: golden.centreViews };
      const z = table(embeddings, shape.views, shape.samples, shape.dim);
      const a = table(directions, shape.dim, shape.slices);
      let gradient: number[] = [];
      for (const part of ["loss", "invariance", "sigreg"] as const) {
        const { value, grad } = await valueAndGrad((v, d) => lejepaLoss(v, d, options)[part], z, a);
        expect(relativeError(value, [golden[part]])).toBeLessThan(loss);
        if (part === "loss") gradient = grad;
      }
      expect(relativeError(gradient, golden.gradEmbeddings)).toBeLessThan(lossGradient);
    },
  );

  describe("normality tests, values and gradients", () => {
    const { inputs } = fixture<{ inputs: Record<string, number[]> }>("normality-tests");
    const { cases } = fixture<{ cases: { test: string; input: string; value: number[]; grad: number[] }[] }>(
      "normality-gradients",
    );
    const named: Record<string, string> = {
      "shapiro-wilk": "shapiro-wilk elfving-symmetric",
      "moment-distance": "moments",
      "vasicek-entropy": "vasicek-entropy 1",
    };

    // the registry averages over ranks, and takes the absolute value of the signed statistic
    const unreduced: Record<string, (x: tf.Tensor) => tf.Tensor> = {
      "order-statistic-nll": (x) => orderStatisticNll(x),
      "combined-mgf": (x) => combinedMgf(x),
    };

    test.each(normalityTests)("$name", async ({ name, kind, statistic }) => {
      // the multivariate statistics are small differences of sums near 1
      const tolerance = kind === "univariate" ? 2e-5 : 1e-4;
      for (const input of ["normal", "scaled"]) {
        const golden = cases.find((c) => c.test === (named[name] ?? name) && c.input === input)!;
        const f = unreduced[name] ?? statistic;
        const { value, grad } = await valueAndGrad(f, table(inputs[input]!, 64, 3), table([0], 1));
        expect(relativeError(value, golden.value)).toBeLessThan(tolerance);
        expect(relativeError(grad, golden.grad)).toBeLessThan(1e-4);
      }
    });
  });
});

describe("over ranks", () => {
  useDevice("cpu");
  const [views, samples, dim, slices, world] = [2, 12, 5, 16, 3];
  const data = stream(1, "ranks").fillNormal(new Float32Array(views * samples * dim));
  const directions = sigregDirections(dim, slices, 0, 0);
  const rows = (from: number, count: number): Float32Array =>
    Float32Array.from({ length: views * count * dim }, (_, k) => {
      const [v, n, d] = [Math.floor(k / (count * dim)), Math.floor(k / dim) % count, k % dim];
      return data[(v * samples + from + n) * dim + d]!;
    });
  const f = (z: tf.Tensor, a: tf.Tensor, options: LejepaLossOptions): Record<string, tf.Tensor> => {
    const { value, grads } = tf.valueAndGrads((v: tf.Tensor) => lejepaLoss(v, a, { ...options, globalViews: 1 }).loss)([
      z,
    ]);
    return { value, grad: grads[0]! };
  };

  test("three ranks with a third of the batch each have the loss and the mean gradient of the whole batch", async () => {
    const whole = await engine.compile(({ z, a }) => f(z, a, {}), {
      z: { shape: [views, samples, dim] },
      a: { shape: [dim, slices] },
    });
    const expected = await whole.run({ z: data, a: directions });
    const [loss] = await expected.value!.read();
    const grad = await expected.grad!.read();
    const part = samples / world;
    const ranks = await Promise.all(
      localGroup(world).map(async (group) => {
        const rank = await createEngine({ device: "cpu", group });
        const options = { worldSize: rank.group!.size };
        const shape = { z: { shape: [views, part, dim] }, a: { shape: [dim, slices] } };
        const program = await rank.compile(({ z, a }) => f(z, a, options), shape);
        const out = await program.run({ z: rows(group.rank * part, part), a: directions });
        const result = { rank: group.rank, loss: (await out.value!.read())[0]!, grad: await out.grad!.read() };
        await rank.dispose();
        return result;
      }),
    );
    // invariance is a mean over samples, so its ranks differ; SIGReg does not. Their mean is the whole batch's.
    const meanLoss = ranks.reduce((sum, r) => sum + r.loss, 0) / world;
    expect(relativeError([meanLoss], [loss!])).toBeLessThan(1e-5);
    for (const { rank, grad: mine } of ranks) {
      // averaging gradients over ranks divides by their number: what a rank holds is that much larger
      const expectedPart = Array.from({ length: views * part * dim }, (_, k) => {
        const [v, n, d] = [Math.floor(k / (part * dim)), Math.floor(k / dim) % part, k % dim];
        return world * grad[(v * samples + rank * part + n) * dim + d]!;
      });
      expect(relativeError(mine, expectedPart)).toBeLessThan(1e-4);
    }
  });
});

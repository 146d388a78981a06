import { readFileSync } from "node:fs";
import { flatRow } from "@lejepa/encoders";
import { createEngine, type DeviceTensor } from "@lejepa/engine";
import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { adamW, adamWHyper, hyperLength } from "./adamw.ts";

interface Case {
  readonly weightDecay: number;
  readonly betas: [number, number];
  readonly epsilon: number;
  readonly clip: number | null;
  readonly decayLength: number;
  readonly start: number[];
  readonly steps: {
    learningRate: number;
    gradient: number[];
    gradNorm: number;
    theta: number[];
    m: number[];
    v: number[];
  }[];
}

const { cases } = JSON.parse(readFileSync(new URL("../fixtures/adamw.json", import.meta.url), "utf8")) as {
  cases: Case[];
};

async function expectClose(tensor: DeviceTensor, expected: ArrayLike<number>): Promise<void> {
  const values = await tensor.read();
  expect(values.length).toBe(expected.length);
  let worst = 0;
  for (let i = 0; i < values.length; i++)
    worst = Math.max(worst, Math.abs((values[i] as number) - (expected[i] as number)));
  expect(worst).toBeLessThan(5e-6);
}

/** The decayed numbers at the start of a row, the others at the start of the next: as `flatLayout` places them. */
function spread(values: readonly number[], decayLength: number): Float32Array {
  const rows = new Float32Array(2 * flatRow);
  rows.set(values.slice(0, decayLength));
  rows.set(values.slice(decayLength), flatRow);
  return rows;
}

test.each(cases.flatMap((one) => (["cpu", "reference"] as const).map((device) => ({ ...one, device }))))(
  "equals torch.optim.AdamW: decay $weightDecay, betas $betas, clip $clip, on $device",
  async ({ device, start, steps, weightDecay, betas, epsilon, clip, decayLength }) => {
    const engine = await createEngine({ device });
    const shape = [2 * flatRow];
    const options = { betas, clipGradNorm: clip, decayLength: flatRow };
    const program = await engine.compile(
      ({ theta, m, v, gradient, hyper }) => ({ ...adamW({ theta, m, v }, gradient, { hyper, ...options }) }),
      { theta: { shape }, m: { shape }, v: { shape }, gradient: { shape }, hyper: { shape: [hyperLength] } },
      { updates: ["theta", "m", "v"] },
    );
    const zeros = (): Promise<DeviceTensor> => engine.tensor(new Float32Array(2 * flatRow), shape);
    const state = { theta: await engine.tensor(spread(start, decayLength), shape), m: await zeros(), v: await zeros() };
    for (const [step, { learningRate, gradient, gradNorm, ...expected }] of steps.entries()) {
      const hyper = adamWHyper(step, { learningRate, weightDecay, betas, epsilon });
      const out = await program.run({ ...state, gradient: spread(gradient, decayLength), hyper });
      await expectClose(out["gradNorm"] as DeviceTensor, [gradNorm]);
      for (const key of ["theta", "m", "v"] as const) await expectClose(state[key], spread(expected[key], decayLength));
      out["gradNorm"]?.dispose();
    }
    for (const tensor of Object.values(state)) tensor.dispose();
    await engine.dispose();
  },
);

interface Once {
  readonly length: number;
  readonly decayLength: number;
  /** Every element of the gradient. */
  readonly gradient: number;
}

async function once({ length, decayLength, gradient }: Once): Promise<{ theta: Float32Array; gradNorm: number }> {
  const engine = await createEngine();
  const betas = [0.9, 0.99] as const;
  const program = await engine.compile(
    ({ theta, g, hyper }) => {
      const zero = tf.zeros([length]);
      return { ...adamW({ theta, m: zero, v: zero }, g, { hyper, betas, clipGradNorm: null, decayLength }) };
    },
    { theta: { shape: [length] }, g: { shape: [length] }, hyper: { shape: [hyperLength] } },
  );
  const hyper = adamWHyper(0, { learningRate: 0.5, weightDecay: 0.5, betas });
  const theta = new Float32Array(length).fill(1);
  const out = await program.run({ theta, g: new Float32Array(length).fill(gradient), hyper });
  const [next, norm] = [await out["theta"]?.read(), await out["gradNorm"]?.read()];
  for (const tensor of Object.values(out)) tensor.dispose();
  await engine.dispose();
  return { theta: next as Float32Array, gradNorm: norm?.[0] as number };
}

test.each([0, flatRow, 2 * flatRow])(
  "decay of the first %i elements alone; a gradient of 0 moves nothing",
  async (decayLength) => {
    const { theta } = await once({ length: 2 * flatRow, decayLength, gradient: 0 });
    const expected = Array.from(theta, (_, i) => (i < decayLength ? 0.75 : 1));
    expect(Array.from(theta)).toEqual(expected);
  },
);

test("the norm of many small numbers is not lost in float32", async () => {
  const { gradNorm } = await once({ length: 4000 * flatRow, decayLength: 0, gradient: 1e-3 });
  expect(gradNorm / (1e-3 * Math.sqrt(4000 * flatRow))).toBeCloseTo(1, 4);
});

test("vectors that are no whole rows are refused", async () => {
  const refused = once({ length: flatRow + 1, decayLength: 0, gradient: 0 });
  await expect(refused).rejects.toMatchObject({ code: "E_SHAPE" });
});

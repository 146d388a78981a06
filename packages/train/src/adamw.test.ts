import { readFileSync } from "node:fs";
import { createEngine, type DeviceTensor } from "@lejepa/engine";
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

async function expectClose(tensor: DeviceTensor, expected: readonly number[]): Promise<void> {
  const values = await tensor.read();
  expect(values.length).toBe(expected.length);
  for (const [i, value] of expected.entries()) expect(values[i]).toBeCloseTo(value, 5);
}

test.each(cases.flatMap((one) => (["cpu", "reference"] as const).map((device) => ({ ...one, device }))))(
  "equals torch.optim.AdamW: decay $weightDecay, betas $betas, clip $clip, on $device",
  async ({ device, start, steps, weightDecay, betas, epsilon, clip, decayLength }) => {
    const engine = await createEngine({ device });
    const vector = { shape: [start.length] };
    const options = { betas, epsilon, clipGradNorm: clip, decayLength };
    const program = await engine.compile(
      ({ theta, m, v, gradient, hyper }) => ({ ...adamW({ theta, m, v }, gradient, { hyper, ...options }) }),
      { theta: vector, m: vector, v: vector, gradient: vector, hyper: { shape: [hyperLength] } },
      { updates: ["theta", "m", "v"] },
    );
    const zeros = (): Promise<DeviceTensor> => engine.tensor(new Float32Array(start.length), [start.length]);
    const state = {
      theta: await engine.tensor(Float32Array.from(start), [start.length]),
      m: await zeros(),
      v: await zeros(),
    };
    for (const [step, { learningRate, gradient, gradNorm, ...expected }] of steps.entries()) {
      const hyper = adamWHyper(step, { learningRate, weightDecay, betas });
      const out = await program.run({ ...state, gradient: Float32Array.from(gradient), hyper });
      await expectClose(out["gradNorm"] as DeviceTensor, [gradNorm]);
      for (const key of ["theta", "m", "v"] as const) await expectClose(state[key], expected[key]);
      out["gradNorm"]?.dispose();
    }
    for (const tensor of Object.values(state)) tensor.dispose();
    await engine.dispose();
  },
);

test.each([0, 4])("decay of the first %i elements alone", async (decayLength) => {
  const engine = await createEngine();
  const vector = { shape: [4] };
  const program = await engine.compile(
    ({ theta, zero, hyper }) => ({
      ...adamW({ theta, m: zero, v: zero }, zero, {
        hyper,
        betas: [0.9, 0.99],
        epsilon: 1e-8,
        clipGradNorm: 1,
        decayLength,
      }),
    }),
    { theta: vector, zero: vector, hyper: { shape: [hyperLength] } },
  );
  const hyper = adamWHyper(0, { learningRate: 0.5, weightDecay: 0.5, betas: [0.9, 0.99] });
  const out = await program.run({ theta: Float32Array.of(1, 1, 1, 1), zero: new Float32Array(4), hyper });
  await expectClose(
    out["theta"] as DeviceTensor,
    [0, 1, 2, 3].map((i) => (i < decayLength ? 0.75 : 1)),
  );
  for (const tensor of Object.values(out)) tensor.dispose();
  await engine.dispose();
});

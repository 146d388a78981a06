// State is written over itself where nothing can read the old contents later, and only there; the values are those of a program that
// returns it instead.
import { fc, test as property } from "@fast-check/vitest";
import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createEngine, type Engine } from "./engine.ts";
import { lower } from "./lower/index.ts";
import { writableInPlace } from "./in-place.ts";
import { trace, type Traceable } from "./trace.ts";

const engines: Engine[] = [];
beforeAll(async () => {
  for (const runtime of ["binding", "native"] as const)
    engines.push(await createEngine({ device: "cpu", threads: 2, runtime }));
});
afterAll(async () => {
  for (const engine of engines) await engine.dispose();
});

type Tensors = Readonly<Record<"s" | "t" | "x", tf.Tensor>>;
type Step = (inputs: Tensors) => Record<string, tf.Tensor>;

const shape = [6, 4];
const signature = { s: { shape }, t: { shape }, x: { shape } };
const updates = ["s", "t"];

async function namesInPlace(step: Step): Promise<string[]> {
  const traced = await trace(step as Traceable, signature);
  const outputs = lower([...traced.values()], { device: "cpu" });
  const wanted = [...traced.keys()].map((name, i) => ({ name, output: outputs[i] as (typeof outputs)[number] }));
  return [...writableInPlace(outputs, wanted)].filter((name) => updates.includes(name)).sort();
}

const arithmetic = { add: tf.add, sub: tf.sub, mul: tf.mul } as const;
const row = (x: tf.Tensor): tf.Tensor => tf.slice(x, [1, 0], [1, 4]);

const steps: readonly (readonly [what: string, step: Step, inPlace: readonly string[]])[] = [
  ["momentum", ({ s, t, x }) => ({ s: tf.sub(s, x), t: tf.add(tf.mul(t, 0.9), x) }), ["s", "t"]],
  ["one depends on the other's old contents", ({ s, t, x }) => ({ s: tf.add(s, t), t: tf.add(t, x) }), ["s"]],
  [
    "one depends on the other's new contents",
    ({ s, t }) => {
      const next = tf.mul(s, 2);
      return { s: next, t: tf.add(t, next) };
    },
    ["s", "t"],
  ],
  ["exchanged", ({ s, t }) => ({ s: t, t: s }), []],
  ["unchanged", ({ s, t }) => ({ s, t: tf.add(t, 1) }), ["t"]],
  ["read by another output", ({ s, t, x }) => ({ s: tf.sub(s, x), t: tf.add(t, x), loss: tf.sum(tf.exp(s)) }), ["t"]],
  [
    "read before by another output",
    ({ s, t, x }) => {
      const gradient = tf.exp(s);
      return { s: tf.sub(s, gradient), t: tf.add(t, x), loss: tf.sum(gradient) };
    },
    ["s", "t"],
  ],
  ["broadcast from itself", ({ s, t, x }) => ({ s: tf.sub(s, row(s)), t: tf.add(tf.exp(row(t)), x) }), ["s", "t"]],
  [
    "not element by element",
    ({ s, t, x }) => ({
      s: tf.reverse(s, 0),
      t: tf.matMul(tf.matMul(x, t, false, true), t),
    }),
    [],
  ],
  [
    "seen in another shape",
    ({ s, t, x }) => ({
      s: tf.reshape(tf.sub(tf.reshape(s, [24]), tf.reshape(x, [24])), shape),
      t: tf.add(tf.reshape(tf.reverse(tf.reshape(t, [24]), 0), shape), t),
    }),
    ["t"],
  ],
];

test.each(steps)("%s", async (_, step, inPlace) => {
  expect(await namesInPlace(step)).toEqual([...inPlace].sort());
  const seed = [0, 1, 2].map((k) => Float32Array.from({ length: 24 }, (__, i) => Math.sin(i + 30 * k)));
  for (const engine of engines) expect(await updated(engine, step, seed)).toEqual(await returned(engine, step, seed));
});

const names = ["s", "t", "x"] as const;

// three runs of a program that updates its state
async function updated(engine: Engine, step: Step, seed: readonly Float32Array[]): Promise<Float32Array[]> {
  const program = await engine.compile(step as Traceable, signature, { updates });
  const feeds = Object.fromEntries(
    await Promise.all(
      names.map(async (name, i) => [name, await engine.tensor(Float32Array.from(seed[i] ?? []), shape)]),
    ),
  ) as Record<(typeof names)[number], Awaited<ReturnType<Engine["tensor"]>>>;
  for (let i = 0; i < 3; i++) for (const out of Object.values(await program.run(feeds))) out.dispose();
  return [(await feeds.s.read()) as Float32Array, (await feeds.t.read()) as Float32Array];
}

// the same, fed back by hand
async function returned(engine: Engine, step: Step, seed: readonly Float32Array[]): Promise<Float32Array[]> {
  const program = await engine.compile(step as Traceable, signature);
  let [s, t]: [Float32Array, Float32Array] = [Float32Array.from(seed[0] ?? []), Float32Array.from(seed[1] ?? [])];
  for (let i = 0; i < 3; i++) {
    const out = await program.run({ s: s.slice(), t: t.slice(), x: Float32Array.from(seed[2] ?? []) });
    [s, t] = [(await out["s"]?.read()) as Float32Array, (await out["t"]?.read()) as Float32Array];
    for (const tensor of Object.values(out)) tensor.dispose();
  }
  return [s, t];
}

test("a tensor that is fed twice keeps its old contents until the run is over", async () => {
  for (const engine of engines) {
    const program = await engine.compile(
      ({ s, x }) => ({ s: tf.add(s, 1), y: tf.mul(x, 10) }),
      { s: { shape: [3] }, x: { shape: [3] } },
      { updates: ["s"] },
    );
    const s = await engine.tensor(Float32Array.of(1, 2, 3), [3]);
    const { y } = await program.run({ s, x: s });
    expect([Array.from((await y?.read()) ?? []), Array.from(await s.read())]).toEqual([
      [10, 20, 30],
      [2, 3, 4],
    ]);
  }
});

// random straight-line programs over the state
property.prop(
  {
    lines: fc.array(
      fc.record({
        op: fc.constantFrom("add", "sub", "mul", "reverse", "row", "tanh"),
        left: fc.nat(),
        right: fc.nat(),
      }),
      { minLength: 1, maxLength: 8 },
    ),
    s: fc.nat(),
    t: fc.nat(),
    loss: fc.nat(),
  },
  { numRuns: 40 },
)("whatever the program", async ({ lines, s, t, loss }) => {
  const step: Step = (inputs) => {
    const values = [inputs.s, inputs.t, inputs.x];
    for (const { op, left, right } of lines) {
      const [a, b] = [values[left % values.length] as tf.Tensor, values[right % values.length] as tf.Tensor];
      if (op === "reverse") values.push(tf.reverse(a, 0));
      else if (op === "tanh") values.push(tf.tanh(a));
      else if (op === "row") values.push(tf.sub(a, row(b)));
      else values.push(arithmetic[op](a, tf.tanh(b)));
    }
    const pick = (n: number): tf.Tensor => values[n % values.length] as tf.Tensor;
    return { s: pick(s), t: pick(t), loss: tf.sum(pick(loss)) };
  };
  const seed = [0, 1, 2].map((k) => Float32Array.from({ length: 24 }, (_, i) => Math.sin(i + 30 * k)));
  const [engine] = engines as [Engine];
  expect(await updated(engine, step, seed)).toEqual(await returned(engine, step, seed));
});

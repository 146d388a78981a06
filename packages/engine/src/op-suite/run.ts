// Runs all cases of a kernel as one program on a device and says where the results differ from the reference's.
import * as tf from "@tensorflow/tfjs";
import { casesOn, type OpCase, type OpEntry } from "./case.ts";
import { emulatedEngine } from "../emulated-engine.ts";
import type { HalfType } from "../graph/value.ts";
import { createEngine, type Engine, type EngineOptions, errorBounds, halfBounds, type InputSpec } from "../index.ts";
import { halfOf } from "../precision.ts";

interface Run {
  readonly values: ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: ArrayLike<number> }>;
  /** Kernels that ran while the function was called. */
  readonly kernels: ReadonlySet<string>;
}

const inputName = (index: number, k: number): string => `c${index}_${k}`;

async function runCases(cases: readonly OpCase[], engine: Engine): Promise<Run> {
  const signature: Record<string, InputSpec> = {};
  const feeds: Record<string, Float32Array | Int32Array | Uint8Array> = {};
  for (const [index, { operands }] of cases.entries()) {
    for (const [k, { shape, dtype, data }] of operands.entries()) {
      signature[inputName(index, k)] = { shape, dtype };
      feeds[inputName(index, k)] = data;
    }
  }
  const seen = new Set<string>();
  const fn = (inputs: Record<string, tf.Tensor>): Record<string, tf.Tensor> =>
    watched(seen, () => callAll(cases, inputs));
  try {
    const program = await engine.compile(fn, signature, { mixedPrecision: true });
    const outputs = await program.run(feeds);
    const values = new Map<string, { shape: readonly number[]; data: ArrayLike<number> }>();
    for (const [name, tensor] of Object.entries(outputs)) {
      values.set(name, { shape: tensor.shape, data: (await tensor.read()) as ArrayLike<number> });
      tensor.dispose();
    }
    return { values, kernels: seen };
  } finally {
    await engine.dispose();
  }
}

function callAll(cases: readonly OpCase[], inputs: Record<string, tf.Tensor>): Record<string, tf.Tensor> {
  const outputs: Record<string, tf.Tensor> = {};
  for (const [index, { operands, run, name }] of cases.entries()) {
    const result = run(...operands.map((_, k) => inputs[inputName(index, k)] as tf.Tensor));
    for (const [k, tensor] of (Array.isArray(result) ? result : [result]).entries())
      outputs[`${index}: ${name}, output ${k}`] = tensor;
  }
  return outputs;
}

/** Notes the names of the kernels that `fn` runs. */
function watched<T>(seen: Set<string>, fn: () => T): T {
  const engine = tf.engine();
  const original = engine.runKernel;
  engine.runKernel = (name, inputs, attributes) => {
    seen.add(name);
    return original.call(engine, name, inputs, attributes) as never;
  };
  try {
    return fn();
  } finally {
    engine.runKernel = original;
  }
}

/** How {@link differences} computes; see EngineOptions. */
export interface DifferencesOptions extends Pick<EngineOptions, "runtime" | "precision"> {
  /** Without a GPU: what it would do in this precision, on CPU kernels. */
  readonly emulated?: HalfType;
}

/** What a device's results differ in from the reference's, in words; empty when they agree. */
export async function differences(
  kernel: string,
  entry: OpEntry,
  device: "cpu" | "webgpu" | "cuda" | "tensorflow",
  { emulated, ...options }: DifferencesOptions = {},
): Promise<string[]> {
  const used = casesOn(device, entry);
  const want = await runCases(used, await createEngine({ device: "reference" }));
  const settings = { threads: 1, device } as const;
  const got = await runCases(
    used,
    emulated === undefined
      ? await createEngine({ ...settings, ...options })
      : emulatedEngine(emulated, { threads: 1, device: device as "cuda" | "webgpu" }),
  );
  const half = emulated ?? halfOf(options.precision ?? "float32");
  // TensorFlow takes the plain definitions of our own ops, and makes some of tfjs's of others
  const problems = device === "tensorflow" || got.kernels.has(kernel) ? [] : [`no case of ${kernel} runs that kernel`];
  for (const [name, expected] of want.values) {
    const loose = device === "webgpu" ? entry.webgpuTolerance : undefined;
    const tolerance = loose ?? used[Number.parseInt(name, 10)]?.tolerance ?? errorBounds[device].op;
    const found = got.values.get(name);
    if (found === undefined) problems.push(`${name}: missing`);
    else if (String(found.shape) !== String(expected.shape))
      problems.push(`${name}: shape [${found.shape}], expected [${expected.shape}]`);
    else if (half === undefined) problems.push(...elementProblems(name, found.data, expected.data, tolerance));
    else problems.push(...halfProblems(name, found.data, expected.data, Math.max(halfBounds[half].product, tolerance)));
  }
  return problems;
}

/** In 16 bits errors are relative to the largest element: sums of many products may cancel. */
function halfProblems(name: string, got: ArrayLike<number>, want: ArrayLike<number>, tolerance: number): string[] {
  let scale = 1;
  for (let i = 0; i < want.length; i++)
    if (Number.isFinite(want[i])) scale = Math.max(scale, Math.abs(want[i] as number));
  for (let i = 0; i < want.length; i++) {
    const [a, b] = [got[i] as number, want[i] as number];
    if (Object.is(a, b) || a === b || Math.abs(a - b) <= tolerance * scale) continue;
    return [`${name}: element ${i} is ${a}, expected ${b} within ${tolerance * scale}`];
  }
  return got.length === want.length ? [] : [`${name}: ${got.length} elements, expected ${want.length}`];
}

function elementProblems(name: string, got: ArrayLike<number>, want: ArrayLike<number>, tolerance: number): string[] {
  for (let i = 0; i < want.length; i++) {
    const [a, b] = [got[i] as number, want[i] as number];
    const close = Object.is(a, b) || a === b || Math.abs(a - b) <= tolerance * (1 + Math.abs(b));
    if (!close) return [`${name}: element ${i} is ${a}, expected ${b}`];
  }
  return got.length === want.length ? [] : [`${name}: ${got.length} elements, expected ${want.length}`];
}

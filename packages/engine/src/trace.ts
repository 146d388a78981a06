// Tracing: runs a function once on symbolic inputs and returns the values it makes.
import { LejepaError } from "@lejepa/contracts";
import * as tf from "@tensorflow/tfjs";
import { type OnnxBackend, registerOnnxBackend } from "./backend.ts";
import { cast } from "./graph/build.ts";
import type { ElementType, Value } from "./graph/value.ts";
import { ONNX_BACKEND } from "./ops/_native.ts";

/** Element types that a program's inputs may have; uint8 appears inside as int32. */
export type InputType = Extract<ElementType, "float32" | "int32" | "bool" | "uint8">;

/** Shape and type of a program's input. */
export interface InputSpec {
  readonly shape: readonly number[];
  readonly dtype?: InputType;
}

/** Inputs of a program by name. */
export type Signature = Readonly<Record<string, InputSpec>>;

/** A function over tfjs ops, by named tensors. Pure: no reading of values, no `Math.random`, no data-dependent shapes. */
export type Traceable<S extends Signature = Signature> = (
  inputs: { readonly [K in keyof S]: tf.Tensor },
) => Record<string, tf.Tensor>;

/** What tracing found: values by output name. */
export type Traced = ReadonlyMap<string, Value>;

let queue: Promise<unknown> = Promise.resolve();

/** Runs `fn` on symbols of `signature`. Traces run one after another, since tfjs's current backend is global. */
export function trace<S extends Signature>(fn: Traceable<S>, signature: S): Promise<Traced> {
  const run = queue.then(() => traceNow(fn, signature));
  queue = run.catch(() => undefined);
  return run;
}

async function traceNow<S extends Signature>(fn: Traceable<S>, signature: S): Promise<Traced> {
  const backend = registerOnnxBackend();
  await tf.ready();
  const previous = tf.getBackend();
  await tf.setBackend(ONNX_BACKEND);
  try {
    return collect(backend, fn, signature);
  } finally {
    if (previous !== ONNX_BACKEND) await tf.setBackend(previous);
  }
}

function collect<S extends Signature>(backend: OnnxBackend, fn: Traceable<S>, signature: S): Traced {
  const values = new Map<string, Value>();
  tf.engine().startScope("trace");
  try {
    const inputs: Record<string, tf.Tensor> = {};
    for (const [name, spec] of Object.entries(signature)) inputs[name] = backend.tensorOf(symbol(name, spec));
    const outputs = fn(inputs as { readonly [K in keyof S]: tf.Tensor });
    if (outputs instanceof Promise) throw notATensor("the function", "a promise");
    for (const [name, tensor] of Object.entries(outputs)) {
      if (!(tensor instanceof tf.Tensor)) throw notATensor(`output ${name}`, typeof tensor);
      values.set(name, backend.value(tensor.dataId));
    }
  } finally {
    tf.engine().endScope();
  }
  return values;
}

const notATensor = (where: string, got: string): LejepaError =>
  new LejepaError({ code: "E_DTYPE", where: `engine.compile: ${where}`, expected: "tensors by name", got });

function symbol(name: string, { shape, dtype = "float32" }: InputSpec): Value {
  const value: Value = { shape, dtype, origin: { kind: "input", name } };
  return dtype === "uint8" ? cast(value, "int32") : value;
}

// tfjs backends that compute at once, behind one small interface: how host data get there and how code runs there.
import { LejepaError } from "@lejepa/contracts";
import * as tf from "@tensorflow/tfjs";
import type { InputSpec } from "../trace.ts";
import { openTensorflow } from "./tensorflow.ts";

/** Devices whose programs are run op by op: TensorFlow, and tfjs's pure-JS backend, the oracle of the tests. */
export const eagerDevices = ["tensorflow", "reference"] as const;
export type EagerDevice = (typeof eagerDevices)[number];

/** Host data as it is fed. */
export type HostFeed = Float32Array | Int32Array | Uint8Array;

/** A backend that is ready. */
export interface EagerBackend {
  /** Calls `fn` with this backend as tfjs's current one; `fn` does not wait for anything. */
  run<T>(fn: () => T): T;
  /** A new tensor there; inside `run` only. */
  upload(data: HostFeed, spec: InputSpec): tf.Tensor;
}

/**
 * Gets the backend of a device ready.
 *
 * @throws LejepaError E_DEVICE when TensorFlow is not installed
 */
export async function openEagerBackend(device: EagerDevice, threads: number | undefined): Promise<EagerBackend> {
  tf.enableProdMode();
  await tf.ready();
  if (device === "reference") return { run: (fn) => onBackend("cpu", fn), upload: asTensor };
  const { name, bytes } = await openTensorflow(threads);
  const upload = (data: HostFeed, spec: InputSpec): tf.Tensor =>
    spec.dtype === "uint8" ? bytes(data as Uint8Array, spec.shape) : asTensor(data, spec);
  return { run: (fn) => onBackend(name, fn), upload };
}

function asTensor(data: HostFeed, { shape, dtype = "float32" }: InputSpec): tf.Tensor {
  const values = dtype === "uint8" ? Int32Array.from(data) : data;
  return tf.tensor(values, [...shape], dtype === "uint8" ? "int32" : dtype);
}

// tfjs's current backend is global. These backends start at once, so setBackend has switched before its promise resolves,
// and nothing else can run between the two switches.
function onBackend<T>(name: string, fn: () => T): T {
  const previous = tf.getBackend();
  void tf.setBackend(name);
  if (tf.getBackend() !== name)
    throw new LejepaError({ code: "E_INTERNAL", where: `tfjs backend ${name}`, problem: "could not be started" });
  try {
    return fn();
  } finally {
    void tf.setBackend(previous);
  }
}

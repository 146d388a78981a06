// The oracle: the same functions run eagerly by tfjs's pure-JS backend, behind the same interface. Tests only; slow.
import { LejepaError } from "@lejepa/contracts";
import * as tf from "@tensorflow/tfjs";
import type { Description } from "./describe.ts";
import { hostArray } from "./graph/build.ts";
import type { HostData } from "./graph/value.ts";
import type { Feed } from "./program.ts";
import { DeviceTensor } from "./runtime/device-tensor.ts";
import { hostTensor } from "./runtime/session.ts";
import type { InputSpec, Signature, Traceable } from "./trace.ts";

type Host = Exclude<HostData, BigInt64Array>;

/** Runs `fn` anew at each call. */
export async function referenceProgram(
  fn: Traceable,
  signature: Signature,
  updates: readonly string[],
): Promise<ReferenceProgram> {
  tf.enableProdMode();
  return new ReferenceProgram(fn, signature, updates);
}

/** A program that is only its function. */
export class ReferenceProgram {
  readonly #fn: Traceable;
  readonly #signature: Signature;
  readonly #updates: readonly string[];

  constructor(fn: Traceable, signature: Signature, updates: readonly string[]) {
    this.#fn = fn;
    this.#signature = signature;
    this.#updates = updates;
  }

  async run(feeds: Readonly<Record<string, Feed>>): Promise<Record<string, DeviceTensor>> {
    const host = new Map<string, Host>();
    for (const name of Object.keys(this.#signature)) host.set(name, await hostOf(feeds[name], name));
    await tf.ready();
    const previous = tf.getBackend();
    await tf.setBackend("cpu");
    const results = tf.tidy(() => this.#call(host));
    const outputs: Record<string, DeviceTensor> = {};
    for (const [name, tensor] of Object.entries(results)) {
      const data = tensor.dataSync() as Host;
      // a copy; tfjs's cast of booleans leaves bytes under a float tensor
      const handle = await hostTensor(
        hostArray(tensor.dtype as "float32", data),
        tensor.shape,
        tensor.dtype as "float32",
      );
      if (this.#updates.includes(name)) (feeds[name] as DeviceTensor).swap(handle);
      else outputs[name] = new DeviceTensor(handle, tensor.shape, tensor.dtype as "float32");
      tensor.dispose();
    }
    await tf.setBackend(previous);
    return outputs;
  }

  #call(host: ReadonlyMap<string, Host>): Record<string, tf.Tensor> {
    const inputs: Record<string, tf.Tensor> = {};
    for (const [name, spec] of Object.entries(this.#signature)) inputs[name] = tensorOf(host.get(name) as Host, spec);
    return this.#fn(inputs);
  }

  describe(): Description {
    return { nodes: 0, flops: 0, activationBytes: 0, stateElements: 0, byOp: [] };
  }

  profile(): never {
    throw new LejepaError({
      code: "E_USAGE",
      where: "program.profile",
      problem: "the reference device has no profiler",
    });
  }

  async dispose(): Promise<void> {}
}

function tensorOf(data: Host, { shape, dtype = "float32" }: InputSpec): tf.Tensor {
  const values = dtype === "uint8" ? Int32Array.from(data) : data;
  return tf.tensor(values, [...shape], dtype === "uint8" ? "int32" : dtype);
}

async function hostOf(feed: Feed | undefined, name: string): Promise<Host> {
  if (feed === undefined)
    throw new LejepaError({ code: "E_SHAPE", where: `program.run: input ${name}`, problem: "is missing" });
  return feed instanceof DeviceTensor ? feed.read() : feed;
}

// A program that is only its function: run anew, op by op, at each call, on a tfjs backend that computes at once. Same
// interface as a compiled program (program.ts).
import { LejepaError } from "@lejepa/contracts";
import * as tf from "@tensorflow/tfjs";
import type { Description } from "./describe.ts";
import { checkedFeed, type Feed, ownTensor, updatedTensor } from "./feeds.ts";
import { sameShape, sizeOf } from "./graph/value.ts";
import { DeviceTensor } from "./runtime/device-tensor.ts";
import type { EagerBackend, EagerDevice } from "./runtime/eager-backend.ts";
import { EagerTensor } from "./runtime/eager-tensor.ts";
import type { InputSpec, Signature, Traceable } from "./trace.ts";

/** What a program is made of. */
export interface EagerParts {
  readonly fn: Traceable;
  readonly signature: Signature;
  readonly updates: readonly string[];
  readonly device: EagerDevice;
  readonly backend: EagerBackend;
}

type ElementName = "float32" | "int32" | "bool";

/** Runs its function at each call. */
export class EagerProgram {
  readonly #parts: EagerParts;

  constructor(parts: EagerParts) {
    this.#parts = parts;
  }

  /** As `Program.run`. */
  async run(feeds: Readonly<Record<string, Feed>>): Promise<Record<string, DeviceTensor>> {
    const { backend, updates } = this.#parts;
    for (const name of updates) updatedTensor(name, feeds[name]);
    const results = backend.run(() => tf.tidy(() => this.#call(feeds)));
    const outputs: Record<string, DeviceTensor> = {};
    for (const [name, tensor] of Object.entries(results)) {
      // past any scope of the caller's
      tf.keep(tensor);
      if (updates.includes(name)) (feeds[name] as EagerTensor).swap(tensor);
      else outputs[name] = new EagerTensor(tensor, tensor.dtype as ElementName);
    }
    return outputs;
  }

  #call(feeds: Readonly<Record<string, Feed>>): Record<string, tf.Tensor> {
    const inputs: Record<string, tf.Tensor> = {};
    for (const [name, spec] of Object.entries(this.#parts.signature))
      inputs[name] = this.#input(name, checkedFeed(name, feeds[name], spec), spec);
    const results = this.#parts.fn(inputs);
    this.#checkUpdates(results);
    // an output that is an input, or another output, gets a handle of its own
    const taken = new Set(Object.values(inputs));
    const outputs = Object.entries(results).map(([name, tensor]): [string, tf.Tensor] => {
      const own = taken.has(tensor) ? tf.clone(tensor) : tensor;
      taken.add(own);
      return [name, own];
    });
    return Object.fromEntries(outputs);
  }

  #input(name: string, feed: Feed, spec: InputSpec): tf.Tensor {
    return feed instanceof DeviceTensor
      ? ownTensor(name, feed, EagerTensor).tensor
      : this.#parts.backend.upload(feed, spec);
  }

  #checkUpdates(results: Readonly<Record<string, tf.Tensor>>): void {
    for (const name of this.#parts.updates) {
      const want = this.#parts.signature[name]?.shape;
      const got = results[name]?.shape;
      if (want !== undefined && got !== undefined && sameShape(want, got)) continue;
      throw new LejepaError({
        code: "E_SHAPE",
        where: `program.run: updates: ${name}`,
        expected: "an output and an input of that name and the same shape",
        got: `output ${got === undefined ? "missing" : `[${got}]`}, input ${want === undefined ? "missing" : `[${want}]`}`,
      });
    }
  }

  /** There is no graph to describe: only the state's size is known. */
  describe(): Description {
    const { signature, updates } = this.#parts;
    const stateElements = updates.reduce((sum, name) => sum + sizeOf(signature[name]?.shape ?? []), 0);
    return { nodes: 0, flops: 0, activationBytes: 0, peakBytes: 0, stateElements, byOp: [] };
  }

  /** Nothing is handed over: the backend has every op, or refuses it. */
  async hostNodes(): Promise<string[]> {
    return [];
  }

  profile(): never {
    throw new LejepaError({
      code: "E_USAGE",
      where: "program.profile",
      problem: `the ${this.#parts.device} device has no profiler`,
    });
  }

  async dispose(): Promise<void> {}
}

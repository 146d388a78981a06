// Runs graphs through ONNX Runtime's C API, on the provider it is made for, without holding JavaScript's thread.
import os from "node:os";
import type { Model } from "../graph/proto.ts";
import type { ElementType, HostData } from "../graph/value.ts";
import { sizeOf } from "../graph/value.ts";
import type { SessionDevice } from "../lower/index.ts";
import { Copier } from "../runtime/copier.ts";
import type { GraphRuntime, ReadData, RuntimeValue, SessionNeeds } from "../runtime/graph-runtime.ts";
import { type OrtLibrary, type Pointer, RuntimeFailure } from "./library.ts";
import { NativeSession } from "./native-session.ts";
import { HostValue } from "./native-value.ts";
import type { Provider } from "./providers.ts";
import { Turns } from "./turns.ts";

/** Levels of the C API. */
/** Errors come as statuses, and would be printed as well. */
const FATAL_ONLY = 4;
const ALL_OPTIMISATIONS = 99;

/** What a runtime is made of. */
export interface NativeOptions {
  readonly library: OrtLibrary;
  readonly provider: Provider;
  readonly device: SessionDevice;
  readonly threads: number | undefined;
  /** See {@link GraphRuntime}. */
  readonly freeMemory: () => number | undefined;
}

/** See {@link GraphRuntime}. */
export class NativeRuntime implements GraphRuntime {
  readonly device: SessionDevice;
  readonly whileRunning: GraphRuntime["whileRunning"];
  readonly #options: NativeOptions;
  readonly #hostMemory: Pointer;
  readonly #deviceMemory: Pointer | undefined;
  readonly #copier = new Copier((model, needs) => this.createSession(model, needs));

  constructor(options: NativeOptions) {
    const { library, provider, device } = options;
    this.device = device;
    this.whileRunning = provider.turns === undefined ? "uploads" : "javascript";
    this.#options = options;
    this.#hostMemory = library.memory("Cpu", 0);
    this.#deviceMemory = provider.memory && library.memory(provider.memory.name, provider.memory.index);
  }

  freeMemory(): number | undefined {
    return this.#options.freeMemory();
  }

  async createSession(model: Model, needs: SessionNeeds = {}): Promise<NativeSession> {
    const { library, provider } = this.#options;
    const open = (): Promise<Pointer> => this.#open(model, needs);
    const session = await (provider.turns === undefined ? open() : provider.turns.take(open));
    return new NativeSession({
      library,
      session,
      model,
      hostMemory: this.#hostMemory,
      deviceMemory: this.#deviceMemory,
      resident: new Set(needs.resident),
      turns: provider.turns ?? new Turns(),
      explain: (failure) => this.#explain(failure),
    });
  }

  async #open(model: Model, needs: SessionNeeds): Promise<Pointer> {
    const { profilePrefix, strict = false } = needs;
    const { library, provider, threads } = this.#options;
    const options = library.make("CreateSessionOptions");
    try {
      library.call("SetSessionLogSeverityLevel", options, FATAL_ONLY);
      library.call("SetSessionGraphOptimizationLevel", options, ALL_OPTIMISATIONS);
      library.call("SetIntraOpNumThreads", options, threads ?? os.availableParallelism());
      // see runtime/session.ts
      library.call("DisableMemPattern", options);
      if (strict) library.call("AddSessionConfigEntry", options, "session.disable_cpu_ep_fallback", "1");
      if (profilePrefix !== undefined) library.call("EnableProfiling", options, profilePrefix);
      provider.append(library, options, needs);
      const { bytes } = model;
      return await library.makeAsync("CreateSessionFromArray", library.env, bytes, bytes.byteLength, options);
    } catch (failure) {
      throw this.#explain(failure);
    } finally {
      library.release("ReleaseSessionOptions", options);
    }
  }

  #explain(failure: unknown): Error {
    return failure instanceof RuntimeFailure
      ? this.#options.provider.explain(failure.message, failure)
      : (failure as Error);
  }

  async hostValue(data: HostData, shape: readonly number[], dtype: ElementType): Promise<RuntimeValue> {
    return new HostValue(data, shape, dtype);
  }

  async upload(data: HostData, shape: readonly number[], dtype: ElementType): Promise<RuntimeValue> {
    const value = new HostValue(data, shape, dtype);
    if (this.#deviceMemory === undefined || sizeOf(shape) === 0) return value;
    return this.#copier.copy(value, { shape, dtype, way: "up" });
  }

  async read(value: RuntimeValue, shape: readonly number[], dtype: ElementType): Promise<ReadData> {
    if (value instanceof HostValue) return (value.data as ReadData).slice();
    return (await this.#copier.copy(value, { shape, dtype, way: "down" })).data as ReadData;
  }

  dispose(): Promise<void> {
    return this.#copier.dispose();
  }
}

// Runs graphs through onnxruntime-node's binding: the devices `cpu` and `webgpu`. A run holds JavaScript's thread.
import type { InferenceSession, Tensor } from "onnxruntime-common";
import type { Model } from "../graph/proto.ts";
import type { ElementType, HostData } from "../graph/value.ts";
import { sizeOf } from "../graph/value.ts";
import { freeHostMemory } from "../host-memory.ts";
import { Copier } from "./copier.ts";
import type { GraphRuntime, ReadData, RuntimeSession, RuntimeValue, SessionNeeds } from "./graph-runtime.ts";
import { createSession, hostTensor, refusal, type SessionSettings } from "./session.ts";

/** See {@link GraphRuntime}. */
export class BindingRuntime implements GraphRuntime {
  readonly device: SessionSettings["device"];
  readonly whileRunning = "nothing";
  readonly #settings: SessionSettings;
  readonly #copier = new Copier((model, needs) => this.createSession(model, needs));

  constructor(settings: SessionSettings) {
    this.device = settings.device;
    this.#settings = settings;
  }

  freeMemory(): number | undefined {
    // WebGPU does not tell how much memory a GPU has
    return this.device === "cpu" ? freeHostMemory() : undefined;
  }

  async createSession(model: Model, needs: SessionNeeds = {}): Promise<RuntimeSession> {
    return asSession(await createSession(model, this.#settings, needs), this.device);
  }

  hostValue(data: HostData, shape: readonly number[], dtype: ElementType): Promise<RuntimeValue> {
    return hostTensor(data, shape, dtype);
  }

  async upload(data: HostData, shape: readonly number[], dtype: ElementType): Promise<RuntimeValue> {
    const value = await hostTensor(data, shape, dtype);
    return this.device === "cpu" || sizeOf(shape) === 0 ? value : this.#copier.copy(value, { shape, dtype, way: "up" });
  }

  async read(value: RuntimeValue, shape: readonly number[], dtype: ElementType): Promise<ReadData> {
    if (value.location === "cpu") return (value.data as ReadData).slice();
    return (await this.#copier.copy(value, { shape, dtype, way: "down" })).data as ReadData;
  }

  dispose(): Promise<void> {
    return this.#copier.dispose();
  }
}

const asSession = (session: InferenceSession, device: string): RuntimeSession => ({
  run: async (feeds, fetches = {}) => {
    try {
      return await session.run(feeds as Record<string, Tensor>, outputsOf(session, fetches));
    } catch (cause) {
      throw refusal(device, (cause as Error).message, cause);
    }
  },
  endProfiling: () => session.endProfiling(),
  release: () => session.release(),
});

const outputsOf = (
  session: InferenceSession,
  fetches: Readonly<Record<string, RuntimeValue | null>>,
): Record<string, Tensor | null> =>
  Object.fromEntries(session.outputNames.map((name) => [name, (fetches[name] ?? null) as Tensor | null]));

// Mixed precision where no device has it: what a GPU would get, with its roundings, on CPU kernels. For tests.
import { type Engine, graphEngine } from "./engine.ts";
import type { HalfType } from "./graph/value.ts";
import type { Group } from "./group.ts";
import type { LoweringTarget } from "./lower/index.ts";
import { BindingRuntime } from "./runtime/binding-runtime.ts";

/** Options of {@link emulatedEngine}. */
export interface EmulationOptions {
  /** Whose graph; default `cuda`. */
  readonly device?: Exclude<LoweringTarget["device"], "cpu">;
  readonly threads?: number;
  readonly group?: Group;
}

/**
 * An engine of 16 bits on CPU kernels: the graph of `device`, in which every product of 16 bits is computed in float32 on rounded
 * operands and its result rounded. Slower than float32. The engine calls its device `cpu`, where its tensors are.
 */
export const emulatedEngine = (half: HalfType, options: EmulationOptions = {}): Engine => {
  const { device = "cuda", threads, group } = options;
  return graphEngine(new BindingRuntime({ device: "cpu", threads }), group, { device, half, emulated: true });
};

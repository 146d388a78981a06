// What a compiled graph needs of whatever runs it: sessions, and values in host or device memory. Two things run graphs:
// onnxruntime-node's binding (binding-runtime.ts) and ONNX Runtime's C API (native/native-runtime.ts).
import type { Model } from "../graph/proto.ts";
import type { ElementType, HostData } from "../graph/value.ts";
import type { SessionDevice } from "../lower/index.ts";

/** Elements as callers see them: int64 stays inside. */
export type ReadData = Exclude<HostData, BigInt64Array>;

/** A value of a runtime. */
export interface RuntimeValue {
  /** `cpu`: host memory, so `data` can be had; anything else is a device's. */
  readonly location: string;
  readonly data: unknown;
  dispose(): void;
}

/** Values by name. */
export type RuntimeValues = Readonly<Record<string, RuntimeValue>>;

/** How a session is made. */
export interface SessionNeeds {
  /** Outputs that stay in device memory; the others come back to the host. */
  readonly resident?: readonly string[];
  /** Prefix of the profile that ONNX Runtime writes when profiling ends. */
  readonly profilePrefix?: string;
  /** Products in float32 may round their operands to 10 bits of mantissa, where the device can. */
  readonly tf32?: boolean;
  /** Refuse a graph of which the device would leave a node to the CPU. */
  readonly strict?: boolean;
}

/** A graph that is ready to run. */
export interface RuntimeSession {
  /** Outputs by name. `fetches` names buffers to write to; null leaves it to the runtime. */
  run(feeds: RuntimeValues, fetches?: Readonly<Record<string, RuntimeValue | null>>): Promise<RuntimeValues>;
  endProfiling(): void;
  release(): Promise<void>;
}

/**
 * What can happen while a program runs:
 * - `nothing`: the run holds JavaScript's thread;
 * - `javascript`: it runs on another thread, and what the device is asked for meanwhile waits for its end;
 * - `uploads`: host data can be brought to the device meanwhile, too.
 */
export type WhileRunning = "nothing" | "javascript" | "uploads";

/** Runs graphs on one device. */
export interface GraphRuntime {
  readonly device: SessionDevice;
  readonly whileRunning: WhileRunning;
  /** Bytes that sessions can take; undefined where nobody says. */
  freeMemory(): number | undefined;
  /** @throws LejepaError E_DEVICE when the device is not there, E_INTERNAL when the graph is refused */
  createSession(model: Model, needs?: SessionNeeds): Promise<RuntimeSession>;
  /** A value over host memory, which becomes the value's own. */
  hostValue(data: HostData, shape: readonly number[], dtype: ElementType): Promise<RuntimeValue>;
  /** Brings host data to where programs use them best: the device's memory, or as they are on the CPU. */
  upload(data: HostData, shape: readonly number[], dtype: ElementType): Promise<RuntimeValue>;
  /** A copy of the elements on the host. */
  read(value: RuntimeValue, shape: readonly number[], dtype: ElementType): Promise<ReadData>;
  /** Frees what the runtime made for itself; values and sessions are their owners'. */
  dispose(): Promise<void>;
}

// The engine: where programs are compiled and tensors live.
import { LejepaError, nearest } from "@lejepa/contracts";
import * as tf from "@tensorflow/tfjs";
import { EagerProgram } from "./eager-program.ts";
import type { Group } from "./group.ts";
import { detectBlockSize } from "./lower/block-size.ts";
import { Program } from "./program.ts";
import type { DeviceTensor } from "./runtime/device-tensor.ts";
import { type EagerBackend, type EagerDevice, eagerDevices, openEagerBackend } from "./runtime/eager-backend.ts";
import { EagerTensor } from "./runtime/eager-tensor.ts";
import { RuntimeTensor } from "./runtime/runtime-tensor.ts";
import { hostTensor } from "./runtime/session.ts";
import { type InputType, type Signature, type Traceable, trace } from "./trace.ts";

/**
 * Devices by name. `tensorflow` runs op by op on TensorFlow, where it is installed; `reference` on tfjs's pure-JS backend:
 * the oracle of the tests.
 */
export const deviceNames = ["cpu", "webgpu", "tensorflow", "reference"] as const;
export type DeviceName = (typeof deviceNames)[number];

/** Options of {@link createEngine}. */
export interface EngineOptions {
  /** Default `cpu`. */
  readonly device?: DeviceName;
  /** Threads of one operator on the CPU; default: the machine's cores. */
  readonly threads?: number;
  /** Type of floating-point computation. */
  readonly precision?: "float32";
  /** Ranks to reduce with; default: this process alone. */
  readonly group?: Group;
}

/** Options of {@link Engine.compile}. */
export interface CompileOptions {
  /** Outputs that overwrite the input of the same name instead of being returned: training state. */
  readonly updates?: readonly string[];
}

/** What a compiled function can do, on any device. */
export type CompiledProgram = Pick<Program, "run" | "describe" | "profile" | "dispose">;

/** Compiles functions for one device and holds tensors there. */
export interface Engine {
  readonly device: DeviceName;
  readonly group: Group | undefined;
  /**
   * Traces `fn` on symbols of `signature` and compiles forward, backward, whatever it does, into one native graph.
   *
   * @throws LejepaError E_OP_UNSUPPORTED, E_SHAPE, E_DEVICE
   */
  compile<const S extends Signature>(
    fn: Traceable<S>,
    signature: S,
    options?: CompileOptions,
  ): Promise<CompiledProgram>;
  /** A tensor on the device from host data (which is then the tensor's own on the CPU). */
  tensor(
    data: Float32Array | Int32Array | Uint8Array,
    shape: readonly number[],
    dtype?: InputType,
  ): Promise<DeviceTensor>;
  /** Frees every program compiled here. */
  dispose(): Promise<void>;
}

/**
 * Makes an engine.
 *
 * @throws LejepaError E_DEVICE for an unknown device, or one that is not there
 */
export async function createEngine(options: EngineOptions = {}): Promise<Engine> {
  const { device = "cpu" } = options;
  checkOptions(options);
  return isEager(device)
    ? eagerEngine(device, options, await openEagerBackend(device, options.threads))
    : graphEngine(device, options);
}

const isEager = (device: DeviceName): device is EagerDevice => (eagerDevices as readonly string[]).includes(device);

/** Traces functions and compiles them for ONNX Runtime. */
function graphEngine(device: Exclude<DeviceName, EagerDevice>, { threads, group }: EngineOptions): Engine {
  const programs = new Set<CompiledProgram>();
  return {
    device,
    group,
    async compile(fn, signature, { updates = [] } = {}) {
      if (device === "cpu") await detectBlockSize();
      const traced = await trace(fn, signature);
      const program = await Program.create({ traced, signature, updates, settings: { device, threads }, group });
      programs.add(program);
      return program;
    },
    async tensor(data, shape, dtype = defaultType(data)) {
      return new RuntimeTensor(await hostTensor(data, shape, dtype), shape, dtype);
    },
    async dispose() {
      for (const program of programs) await program.dispose();
      programs.clear();
    },
  };
}

/** Runs functions op by op; programs hold nothing, so there is nothing to free. */
function eagerEngine(device: EagerDevice, { group }: EngineOptions, backend: EagerBackend): Engine {
  return {
    device,
    group,
    async compile(fn, signature, { updates = [] } = {}) {
      return new EagerProgram({ fn: fn as Traceable, signature, updates, device, backend });
    },
    async tensor(data, shape, dtype = defaultType(data)) {
      return new EagerTensor(
        backend.run(() => tf.keep(backend.upload(data, { shape, dtype }))),
        dtype,
      );
    },
    async dispose() {},
  };
}

const defaultType = (data: Float32Array | Int32Array | Uint8Array): InputType =>
  data instanceof Float32Array ? "float32" : data instanceof Int32Array ? "int32" : "uint8";

function checkOptions({ device = "cpu", precision = "float32", threads = 1, group }: EngineOptions): void {
  if (!deviceNames.includes(device)) {
    const near = nearest(device, deviceNames);
    const hint = near === undefined ? "" : `Did you mean ${near}?`;
    throw new LejepaError({
      code: "E_DEVICE",
      where: "device",
      expected: `one of ${deviceNames.join(", ")}`,
      got: device,
      hint,
    });
  }
  if (precision !== "float32") {
    throw new LejepaError({ code: "E_DEVICE", where: "precision", expected: "float32", got: String(precision) });
  }
  if (isEager(device) && (group?.size ?? 1) > 1) {
    // a reduction takes time, and an op that runs at once cannot wait for other ranks
    const problem = `cannot reduce over ${group?.size} ranks`;
    throw new LejepaError({ code: "E_DEVICE", where: `device ${device}`, problem, hint: "Use cpu or webgpu." });
  }
  if (Number.isInteger(threads) && threads > 0) return;
  throw new LejepaError({
    code: "E_USAGE",
    where: "threads",
    expected: "a positive whole number",
    got: String(threads),
  });
}

// The engine: where programs are compiled and tensors live.
import { LejepaError, nearest } from "@lejepa/contracts";
import type { Group } from "./group.ts";
import { detectBlockSize } from "./lower/block-size.ts";
import type { SessionDevice } from "./lower/index.ts";
import { Program } from "./program.ts";
import { referenceProgram } from "./reference.ts";
import { DeviceTensor } from "./runtime/device-tensor.ts";
import { hostTensor } from "./runtime/session.ts";
import { type InputType, type Signature, type Traceable, trace } from "./trace.ts";

/** Devices by name. `reference` is tfjs's pure-JS backend, run eagerly: the oracle of the tests. */
export const deviceNames = ["cpu", "webgpu", "reference"] as const;
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
 * @throws LejepaError E_DEVICE for an unknown device
 */
export async function createEngine(options: EngineOptions = {}): Promise<Engine> {
  const { device = "cpu", threads, group } = options;
  checkOptions(options);
  const programs = new Set<CompiledProgram>();
  const keep = (program: CompiledProgram): CompiledProgram => {
    programs.add(program);
    return program;
  };
  return {
    device,
    group,
    async compile(fn, signature, { updates = [] } = {}) {
      if (device === "reference") return keep(await referenceProgram(fn as Traceable, signature, updates));
      if (device === "cpu") await detectBlockSize();
      const traced = await trace(fn, signature);
      const settings = { device: device as SessionDevice, threads };
      return keep(await Program.create({ traced, signature, updates, settings, group }));
    },
    async tensor(data, shape, dtype = defaultType(data)) {
      return new DeviceTensor(await hostTensor(data, shape, dtype), shape, dtype);
    },
    async dispose() {
      for (const program of programs) await program.dispose();
      programs.clear();
    },
  };
}

const defaultType = (data: Float32Array | Int32Array | Uint8Array): InputType =>
  data instanceof Float32Array ? "float32" : data instanceof Int32Array ? "int32" : "uint8";

function checkOptions({ device = "cpu", precision = "float32", threads = 1 }: EngineOptions): void {
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
  if (Number.isInteger(threads) && threads > 0) return;
  throw new LejepaError({
    code: "E_USAGE",
    where: "threads",
    expected: "a positive whole number",
    got: String(threads),
  });
}

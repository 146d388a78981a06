// The engine: where programs are compiled and tensors live.
import { LejepaError, nearest } from "@lejepa/contracts";
import * as tf from "@tensorflow/tfjs";
import type { Description } from "./describe.ts";
import { EagerProgram } from "./eager-program.ts";
import type { Group } from "./group.ts";
import { detectBlockSize } from "./lower/block-size.ts";
import type { LoweringTarget, SessionDevice } from "./lower/index.ts";
import { loadKoffi } from "./native/library.ts";
import { openCuda, openNative } from "./native/open.ts";
import { checkHalf, checkPrecision, halfOf, type Precision } from "./precision.ts";
import { describeParts, Program, type ProgramParts } from "./program.ts";
import type { DeviceTensor } from "./runtime/device-tensor.ts";
import { type EagerBackend, type EagerDevice, eagerDevices, openEagerBackend } from "./runtime/eager-backend.ts";
import { EagerTensor } from "./runtime/eager-tensor.ts";
import { BindingRuntime } from "./runtime/binding-runtime.ts";
import type { GraphRuntime, WhileRunning } from "./runtime/graph-runtime.ts";
import { RuntimeTensor } from "./runtime/runtime-tensor.ts";
import { type InputType, type Signature, type Traceable, trace } from "./trace.ts";

/**
 * Devices by name. `cuda` needs `lejepa setup cuda`; `tensorflow` runs op by op on TensorFlow, where it is installed; `reference` on tfjs's pure-JS backend:
 * the oracle of the tests.
 */
export const deviceNames = ["cpu", "webgpu", "cuda", "tensorflow", "reference"] as const;
export type DeviceName = (typeof deviceNames)[number];

/** Options of {@link createEngine}. */
export interface EngineOptions {
  /** Default `cpu`. */
  readonly device?: DeviceName;
  /** Threads of one operator on the CPU; default: the machine's cores. */
  readonly threads?: number;
  /** Which GPU, as `cuda` numbers them; default 0. */
  readonly deviceIndex?: number;
  /** Bytes of the GPU's memory that `cuda` may take; default: all of it. */
  readonly memoryLimit?: number;
  /** How exactly products are computed; default `float32`. What each device has: `devicePrecisions` of @lejepa/contracts. */
  readonly precision?: Precision;
  /**
   * What calls ONNX Runtime on `cpu` and `webgpu`: its Node binding (default), during whose runs JavaScript waits, or
   * `native`: its C API, which `cuda` always uses and which runs on another thread.
   */
  readonly runtime?: "binding" | "native";
  /** Ranks to reduce with; default: this process alone. */
  readonly group?: Group;
}

/** Options of {@link Engine.compile}. */
export interface CompileOptions {
  /** Outputs that overwrite the input of the same name instead of being returned: training state. */
  readonly updates?: readonly string[];
  /**
   * Products in the 16 bits of an engine of precision `float16` or `bfloat16`, but those inside {@link float32}; everything
   * else stays float32. Default false: all of it float32. Does nothing on engines of other precisions.
   */
  readonly mixedPrecision?: boolean;
}

/** What a compiled function can do, on any device. */
export type CompiledProgram = Pick<Program, "run" | "describe" | "hostNodes" | "profile" | "dispose">;

/** Compiles functions for one device and holds tensors there. */
export interface Engine {
  readonly device: DeviceName;
  readonly group: Group | undefined;
  /** What can happen while a program runs. */
  readonly whileRunning: WhileRunning;
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
  /**
   * What `compile` would make, without loading it; on eager devices its state alone is known.
   *
   * @throws LejepaError E_OP_UNSUPPORTED, E_SHAPE
   */
  describe<const S extends Signature>(fn: Traceable<S>, signature: S, options?: CompileOptions): Promise<Description>;
  /**
   * Bytes that programs can take: what is free of the host's memory for `cpu`; the GPU's memory, or the limit set to it, for
   * `cuda`; undefined where nobody says.
   */
  freeMemory(): number | undefined;
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
 * @throws LejepaError E_DEVICE for an unknown device, one that is not there, or an option that it does not have
 */
export async function createEngine(options: EngineOptions = {}): Promise<Engine> {
  const { device = "cpu" } = options;
  checkOptions(options);
  if (isEager(device)) return eagerEngine(device, options, await openEagerBackend(device, options.threads));
  const runtime = await openRuntime(device, options);
  const half = halfOf(options.precision ?? "float32");
  try {
    if (half !== undefined) await checkHalf(runtime, half);
  } catch (error) {
    await runtime.dispose();
    throw error;
  }
  return graphEngine(runtime, options.group, { device, half });
}

/** What a configuration says of the device. */
export interface ConfiguredDevice {
  readonly device: DeviceName;
  readonly deviceIndex: number;
  readonly precision: Precision;
  /** null: the machine's cores. */
  readonly threads: number | null;
}

/**
 * The engine that a configuration asks for; see {@link createEngine}. `cpu` and `webgpu` run on another thread where koffi has
 * a binary for this platform, else by the binding: results are the same.
 */
export async function configuredEngine(wanted: ConfiguredDevice): Promise<Engine> {
  const { device, deviceIndex, precision, threads } = wanted;
  const native = (device === "cpu" || device === "webgpu") && (await hasKoffi());
  return createEngine({
    device,
    deviceIndex,
    precision,
    ...(threads !== null && { threads }),
    ...(native && { runtime: "native" }),
  });
}

const hasKoffi = (): Promise<boolean> =>
  loadKoffi().then(
    () => true,
    () => false,
  );

type GraphDevice = Exclude<DeviceName, EagerDevice>;

async function openRuntime(device: GraphDevice, options: EngineOptions): Promise<GraphRuntime> {
  const { threads, deviceIndex = 0, memoryLimit, precision, runtime } = options;
  if (device === "cuda") return openCuda({ index: deviceIndex, tf32: precision === "tf32", memoryLimit }, threads);
  return runtime === "native" ? openNative(device, threads) : new BindingRuntime({ device, threads });
}

const isEager = (device: DeviceName): device is EagerDevice => (eagerDevices as readonly string[]).includes(device);

/** Traces functions and compiles them for ONNX Runtime; `target` says what mixed precision is. */
export function graphEngine(runtime: GraphRuntime, group: Group | undefined, target: LoweringTarget): Engine {
  const { device } = runtime;
  const programs = new Set<CompiledProgram>();
  return {
    device,
    group,
    whileRunning: runtime.whileRunning,
    async compile(fn, signature, { updates = [], mixedPrecision } = {}) {
      const traced = await traceFor(device, fn, signature);
      const parts = { traced, signature, updates, runtime, group };
      const program = await Program.create({ ...parts, target: targetOf(target, mixedPrecision) });
      programs.add(program);
      return program;
    },
    async describe(fn, signature, { updates = [], mixedPrecision } = {}) {
      const traced = await traceFor(device, fn, signature);
      return describeParts({ traced, signature, updates, group, target: targetOf(target, mixedPrecision) });
    },
    freeMemory: () => runtime.freeMemory(),
    async tensor(data, shape, dtype = defaultType(data)) {
      return new RuntimeTensor(runtime, await runtime.upload(data, shape, dtype), { shape, dtype });
    },
    async dispose() {
      for (const program of programs) await program.dispose();
      programs.clear();
      await runtime.dispose();
    },
  };
}

const targetOf = (target: LoweringTarget, mixedPrecision = false): LoweringTarget =>
  mixedPrecision ? target : { ...target, half: undefined };

async function traceFor<S extends Signature>(
  device: SessionDevice,
  fn: Traceable<S>,
  signature: S,
): Promise<ProgramParts["traced"]> {
  // the graph depends on it
  if (device === "cpu") await detectBlockSize();
  return trace(fn, signature);
}

/** Runs functions op by op; programs hold nothing, so there is nothing to free. */
function eagerEngine(device: EagerDevice, { group }: EngineOptions, backend: EagerBackend): Engine {
  return {
    device,
    group,
    whileRunning: "nothing",
    async compile(fn, signature, { updates = [] } = {}) {
      return new EagerProgram({ fn: fn as Traceable, signature, updates, device, backend });
    },
    async describe(fn, signature, { updates = [] } = {}) {
      return new EagerProgram({ fn: fn as Traceable, signature, updates, device, backend }).describe();
    },
    freeMemory: () => undefined,
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

function checkOptions(options: EngineOptions): void {
  const { device = "cpu", precision = "float32", threads = 1, group } = options;
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
  checkPrecision(device, precision);
  checkGpuOptions(device, options);
  if (isEager(device) && (group?.size ?? 1) > 1) {
    // a reduction takes time, and an op that runs at once cannot wait for other ranks
    const problem = `cannot reduce over ${group?.size} ranks`;
    throw new LejepaError({ code: "E_DEVICE", where: `device ${device}`, problem, hint: "Use cpu, webgpu or cuda." });
  }
  expectWhole("threads", threads, 1);
}

/** Options of one device are refused on others, where they would do nothing. */
function checkGpuOptions(device: DeviceName, { deviceIndex, memoryLimit, runtime }: EngineOptions): void {
  const refuse = (where: string, whose: string): LejepaError =>
    new LejepaError({ code: "E_DEVICE", where, problem: `is an option of ${whose}, not of ${device}` });
  if (device !== "cuda" && (deviceIndex ?? 0) !== 0) throw refuse("device index", "cuda");
  if (device !== "cuda" && memoryLimit !== undefined) throw refuse("memoryLimit", "cuda");
  if (device !== "cpu" && device !== "webgpu" && runtime !== undefined) throw refuse("runtime", "cpu and webgpu");
  expectWhole("device index", deviceIndex ?? 0, 0);
  expectWhole("memoryLimit", memoryLimit ?? 1, 1);
}

function expectWhole(where: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new LejepaError({ code: "E_USAGE", where, expected: `a whole number from ${least}`, got: String(value) });
}

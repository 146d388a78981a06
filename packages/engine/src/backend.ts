// The tfjs backend that records instead of computing. Data ids stand for graph values; reading one in eager use
// computes what it needs (eager.ts), compiling a function takes its outputs' values (compile.ts).
import * as tf from "@tensorflow/tfjs";
import { evaluate } from "./eager.ts";
import { noSyncRead, unsupportedOp } from "./errors.ts";
import { emptyArray, hostArray } from "./graph/build.ts";
import type { ElementType, HostData, Value } from "./graph/value.ts";
import { sizeOf } from "./graph/value.ts";
import { alternatives, kernels } from "./kernels/index.ts";
import { ONNX_BACKEND } from "./ops/_native.ts";
import type { SessionSettings } from "./runtime/session.ts";

/** tfjs types that the graph knows. */
const TYPES: readonly string[] = ["float32", "int32", "bool"];

function asHostData(values: tf.backend_util.BackendValues, shape: readonly number[], dtype: tf.DataType): HostData {
  if (!TYPES.includes(dtype)) throw unsupportedOp(`tensor of type ${dtype}`, "Use float32, int32 or bool tensors.");
  const type = dtype as ElementType;
  if (values === undefined || values === null) return emptyArray(type, sizeOf(shape));
  const right = dtype === "float32" ? Float32Array : dtype === "int32" ? Int32Array : Uint8Array;
  return values instanceof right ? values : hostArray(type, values as unknown as ArrayLike<number>);
}

/** What a data id stands for, and how many tensors share it (a variable shares with what was assigned to it). */
interface Entry {
  readonly value: Value;
  references: number;
}

/** Records ops as graph values. */
export class OnnxBackend extends tf.KernelBackend {
  #data: tf.DataStorage<Entry>;
  readonly #settings: SessionSettings;
  // tensors that stand for a value: what an evaluation passes through and somebody holds is kept, not computed twice
  readonly #holders = new Map<Value, number>();
  #next = 0;

  constructor(settings: SessionSettings) {
    super();
    this.#settings = settings;
    this.#data = new tf.DataStorage(this, tf.engine());
  }

  /** The value behind a tensor. */
  value(dataId: tf.DataId): Value {
    return this.#data.get(dataId).value;
  }

  /** A tensor that stands for `value`. */
  tensorOf(value: Value): tf.Tensor {
    return tf.engine().makeTensorFromTensorInfo(this.info(value));
  }

  /** Registers `value` under a new data id. */
  info(value: Value): tf.TensorInfo {
    const dataId = { id: this.#next++ };
    this.#set(dataId, value);
    return { dataId, shape: [...value.shape], dtype: value.dtype as tf.DataType };
  }

  /** Another tensor of the same data. */
  share({ dataId, shape, dtype }: tf.TensorInfo): tf.TensorInfo {
    this.incRef(dataId);
    return { dataId, shape, dtype };
  }

  override write(values: tf.backend_util.BackendValues, shape: number[], dtype: tf.DataType): tf.DataId {
    const dataId = { id: this.#next++ };
    this.move(dataId, values, shape, dtype, 1);
    return dataId;
  }

  override move(
    dataId: tf.DataId,
    values: tf.backend_util.BackendValues,
    shape: number[],
    dtype: tf.DataType,
    references: number,
  ): void {
    const data = asHostData(values, shape, dtype);
    this.#set(dataId, { shape, dtype: dtype as ElementType, origin: { kind: "data", data } }, references);
  }

  #set(dataId: tf.DataId, value: Value, references = 1): void {
    this.#data.set(dataId, { value, references });
    this.#holders.set(value, (this.#holders.get(value) ?? 0) + 1);
  }

  override readSync(dataId: tf.DataId): tf.backend_util.BackendValues {
    const { origin } = this.value(dataId);
    if (origin.kind !== "data" && origin.kind !== "literal") throw noSyncRead();
    return origin.data as Float32Array;
  }

  override async read(dataId: tf.DataId): Promise<tf.backend_util.BackendValues> {
    const value = this.value(dataId);
    if (value.origin.kind === "input") throw noSyncRead();
    if (value.origin.kind === "node") await evaluate([value], (v) => this.#holders.has(v), this.#settings);
    return this.readSync(dataId);
  }

  override disposeData(dataId: tf.DataId, force = false): boolean {
    if (!this.#data.has(dataId)) return true;
    const entry = this.#data.get(dataId);
    entry.references--;
    if (!force && entry.references > 0) return false;
    const holders = (this.#holders.get(entry.value) ?? 1) - 1;
    if (holders === 0) this.#holders.delete(entry.value);
    else this.#holders.set(entry.value, holders);
    this.#data.delete(dataId);
    return true;
  }

  /** tfjs calls this when the backend is removed or its engine is reset; tfjs's factory then hands out this object again. */
  override dispose(): void {
    this.#data = new tf.DataStorage(this, tf.engine());
    this.#holders.clear();
  }

  override numDataIds(): number {
    return this.#data.numDataIds();
  }

  override refCount(dataId: tf.DataId): number {
    return this.#data.has(dataId) ? this.#data.get(dataId).references : 0;
  }

  override incRef(dataId: tf.DataId): void {
    this.#data.get(dataId).references++;
  }

  /** Not in tfjs's base class, but its engine calls it. */
  decRef(dataId: tf.DataId): void {
    if (this.#data.has(dataId)) this.#data.get(dataId).references--;
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }

  override floatPrecision(): 16 | 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override timerAvailable(): boolean {
    return false;
  }
}

let registered: OnnxBackend | undefined;

/**
 * Registers the backend and its kernels with tfjs under the name `onnx`; later calls return the first backend.
 * After `await tf.setBackend("onnx")` ordinary tfjs code runs on ONNX Runtime: `await tensor.data()` computes.
 */
export function registerOnnxBackend(settings: SessionSettings = { device: "cpu" }): OnnxBackend {
  if (registered !== undefined) return registered;
  const backend = new OnnxBackend(settings);
  registered = backend;
  for (const [kernelName, make] of Object.entries(kernels)) {
    tf.registerKernel({ kernelName, backendName: ONNX_BACKEND, kernelFunc: kernelFunction(backend, kernelName, make) });
  }
  registerRefusals();
  // the least priority: chosen by name only
  tf.registerBackend(ONNX_BACKEND, () => backend, 0);
  return backend;
}

const kernelFunction =
  (backend: OnnxBackend, kernelName: string, make: (typeof kernels)[string]): tf.KernelFunc =>
  ({ inputs, attrs }) => {
    const values: Record<string, Value> = {};
    for (const [name, info] of Object.entries(inputs)) {
      if (info !== undefined && info !== null) values[name] = backend.value((info as tf.TensorInfo).dataId);
    }
    // tfjs counts on it that a clone shares its data id
    if (kernelName === "Identity") return backend.share(inputs.x as tf.TensorInfo);
    const made = make(values, attrs ?? {});
    return Array.isArray(made) ? (made as Value[]).map((value) => backend.info(value)) : backend.info(made as Value);
  };

/** Every other tfjs op says by name that it is not here. */
function registerRefusals(): void {
  const known = new Set([
    ...tf.getKernelsForBackend("cpu").map(({ kernelName }) => kernelName),
    ...Object.keys(alternatives),
  ]);
  for (const kernelName of known) {
    if (kernels[kernelName] !== undefined) continue;
    const kernelFunc = (): never => {
      throw unsupportedOp(kernelName, alternatives[kernelName]);
    };
    tf.registerKernel({ kernelName, backendName: ONNX_BACKEND, kernelFunc });
  }
}

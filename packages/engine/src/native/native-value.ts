// Values of the C API: host memory is a typed array of JavaScript's own, so nothing there can leak; device memory is an
// OrtValue, freed by `dispose`.
import type { ElementType, HostData } from "../graph/value.ts";
import { onnxType } from "../graph/build.ts";
import type { RuntimeValue } from "../runtime/graph-runtime.ts";
import type { OrtLibrary, Pointer } from "./library.ts";

/** Host memory. */
export class HostValue implements RuntimeValue {
  readonly location = "cpu";
  readonly data: HostData;
  readonly shape: readonly number[];
  readonly dtype: ElementType;

  constructor(data: HostData, shape: readonly number[], dtype: ElementType) {
    this.data = data;
    this.shape = shape;
    this.dtype = dtype;
  }

  /** An OrtValue over the same memory, for as long as the caller keeps this object. */
  wrap(library: OrtLibrary, hostMemory: Pointer): Pointer {
    const shape = BigInt64Array.from(this.shape, BigInt);
    const { data } = this;
    return library.make(
      "CreateTensorWithDataAsOrtValue",
      hostMemory,
      // an array without elements has no address
      data.length === 0 ? new Uint8Array(8) : data,
      data.byteLength,
      shape,
      shape.length,
      onnxType[this.dtype],
    );
  }

  dispose(): void {}
}

/** Device memory. */
export class DeviceValue implements RuntimeValue {
  readonly location = "device";
  readonly pointer: Pointer;
  readonly #library: OrtLibrary;
  #disposed = false;

  constructor(library: OrtLibrary, pointer: Pointer) {
    this.#library = library;
    this.pointer = pointer;
    live++;
  }

  get data(): never {
    throw new Error("device memory is read through its runtime");
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#library.release("ReleaseValue", this.pointer);
    live--;
  }
}

let live = 0;

/** Number of device values that have been made and not disposed. */
export const liveDeviceValues = (): number => live;

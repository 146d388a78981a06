// Values of the C API: host memory is a typed array of JavaScript's own, so nothing there can leak; device memory is an
// OrtValue, freed by `dispose`.
import type { ElementType, HostData } from "../graph/value.ts";
import { onnxType } from "../graph/build.ts";
import type { RuntimeValue } from "../runtime/graph-runtime.ts";
import type { OrtLibrary, Pointer } from "./library.ts";
import type { Turns } from "./turns.ts";

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
  readonly #turns: Turns;
  #disposed = false;

  /** `turns`: those of the sessions that use it; the memory is freed between two of their runs. */
  constructor(library: OrtLibrary, pointer: Pointer, turns: Turns) {
    this.#library = library;
    this.#turns = turns;
    this.pointer = pointer;
    live++;
  }

  get data(): never {
    throw new Error("device memory is read through its runtime");
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    live--;
    void this.#turns.take(() => this.#library.release("ReleaseValue", this.pointer));
  }
}

let live = 0;

/** Number of device values that have been made and not disposed. */
export const liveDeviceValues = (): number => live;

// A tensor of ONNX Runtime: in host memory on the CPU, in the device's memory elsewhere.
import { LejepaError } from "@lejepa/contracts";
import type { ElementType } from "../graph/value.ts";
import { DeviceTensor } from "./device-tensor.ts";
import type { GraphRuntime, ReadData, RuntimeValue } from "./graph-runtime.ts";

/** What programs of the devices `cpu`, `webgpu` and `cuda` take and give. */
export class RuntimeTensor extends DeviceTensor {
  readonly runtime: GraphRuntime;
  #value: RuntimeValue | undefined;
  #spare: RuntimeValue | undefined;

  constructor(
    runtime: GraphRuntime,
    value: RuntimeValue,
    { shape, dtype }: { readonly shape: readonly number[]; readonly dtype: ElementType },
  ) {
    super(shape, dtype);
    this.runtime = runtime;
    this.#value = value;
  }

  /** The runtime's own handle. */
  get handle(): RuntimeValue {
    if (this.#value !== undefined) return this.#value;
    throw new LejepaError({ code: "E_INTERNAL", where: "DeviceTensor", problem: "used after dispose()" });
  }

  /** Second buffer that an updating program writes to; see {@link swap}. */
  get spare(): RuntimeValue | undefined {
    return this.#spare;
  }

  /** Takes `next` as the content and keeps the old buffer as spare (host memory) or frees it (device memory). */
  swap(next: RuntimeValue): void {
    const old = this.handle;
    this.#value = next;
    if (old.location === "cpu") this.#spare = old;
    else old.dispose();
  }

  override async read(): Promise<ReadData> {
    return this.runtime.read(this.handle, this.shape, this.dtype);
  }

  protected override release(): void {
    this.#value?.dispose();
    this.#value = undefined;
    this.#spare = undefined;
  }
}

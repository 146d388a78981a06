// A tensor of ONNX Runtime: in host memory on the CPU, in a buffer of the GPU on WebGPU.
import { LejepaError } from "@lejepa/contracts";
import type { Tensor } from "onnxruntime-common";
import type { ElementType, HostData } from "../graph/value.ts";
import { DeviceTensor } from "./device-tensor.ts";
import { download } from "./download.ts";

/** What programs of the devices `cpu` and `webgpu` take and give. */
export class RuntimeTensor extends DeviceTensor {
  #tensor: Tensor | undefined;
  #spare: Tensor | undefined;

  constructor(tensor: Tensor, shape: readonly number[], dtype: ElementType) {
    super(shape, dtype);
    this.#tensor = tensor;
  }

  /** The runtime's own handle. */
  get handle(): Tensor {
    if (this.#tensor !== undefined) return this.#tensor;
    throw new LejepaError({ code: "E_INTERNAL", where: "DeviceTensor", problem: "used after dispose()" });
  }

  /** Second buffer that an updating program writes to; see {@link swap}. */
  get spare(): Tensor | undefined {
    return this.#spare;
  }

  /** Takes `next` as the content and keeps the old buffer as spare (host memory) or frees it (device memory). */
  swap(next: Tensor): void {
    const old = this.handle;
    this.#tensor = next;
    if (old.location === "cpu") this.#spare = old;
    else old.dispose();
  }

  override async read(): Promise<Exclude<HostData, BigInt64Array>> {
    const { handle } = this;
    if (handle.location !== "cpu") return download(handle, this.shape, this.dtype);
    return (handle.data as Exclude<HostData, BigInt64Array>).slice();
  }

  protected override release(): void {
    this.#tensor?.dispose();
    this.#tensor = undefined;
    this.#spare = undefined;
  }
}

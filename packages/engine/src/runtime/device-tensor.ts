// A tensor in the memory of the device that made it.
import { LejepaError } from "@lejepa/contracts";
import type { Tensor } from "onnxruntime-common";
import type { ElementType, HostData } from "../graph/value.ts";
import { download } from "./download.ts";

let live = 0;

/** Number of device tensors that have been made and not disposed. */
export const liveDeviceTensors = (): number => live;

/**
 * A tensor on a device: input and output of programs, disposed by its owner.
 *
 * `read` copies to the host. After `dispose` every use throws E_INTERNAL.
 */
export class DeviceTensor {
  readonly shape: readonly number[];
  readonly dtype: ElementType;
  #tensor: Tensor | undefined;
  #spare: Tensor | undefined;

  constructor(tensor: Tensor, shape: readonly number[], dtype: ElementType) {
    this.#tensor = tensor;
    this.shape = shape;
    this.dtype = dtype;
    live++;
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

  /** A copy of the elements on the host. */
  async read(): Promise<Exclude<HostData, BigInt64Array>> {
    const { handle } = this;
    if (handle.location !== "cpu") return download(handle, this.shape, this.dtype);
    return (handle.data as Exclude<HostData, BigInt64Array>).slice();
  }

  /** Frees the device memory; a second call does nothing. */
  dispose(): void {
    if (this.#tensor === undefined) return;
    this.#tensor.dispose();
    this.#tensor = undefined;
    this.#spare = undefined;
    live--;
  }
}

// A tensor in the memory of the device that made it; what keeps the elements is the subclass's business: ONNX Runtime's
// tensors (runtime-tensor.ts) or a tfjs backend's (eager-tensor.ts).
import type { ElementType, HostData } from "../graph/value.ts";

let live = 0;

/** Number of device tensors that have been made and not disposed. */
export const liveDeviceTensors = (): number => live;

/**
 * A tensor on a device: input and output of programs, disposed by its owner.
 *
 * `read` copies to the host. After `dispose` every use throws E_INTERNAL.
 */
export abstract class DeviceTensor {
  readonly shape: readonly number[];
  readonly dtype: ElementType;
  #disposed = false;

  constructor(shape: readonly number[], dtype: ElementType) {
    this.shape = shape;
    this.dtype = dtype;
    live++;
  }

  /** A copy of the elements on the host. */
  abstract read(): Promise<Exclude<HostData, BigInt64Array>>;

  /** Frees the device's memory. */
  protected abstract release(): void;

  /** Frees the device memory; a second call does nothing. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.release();
    live--;
  }
}

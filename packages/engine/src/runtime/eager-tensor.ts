// A tensor of a tfjs backend that computes at once.
import { LejepaError } from "@lejepa/contracts";
import type * as tf from "@tensorflow/tfjs";
import { hostArray } from "../graph/build.ts";
import type { ElementType, HostData } from "../graph/value.ts";
import { DeviceTensor } from "./device-tensor.ts";

/** What programs of the devices `tensorflow` and `reference` take and give. A uint8 tensor is int32 inside. */
export class EagerTensor extends DeviceTensor {
  #tensor: tf.Tensor | undefined;

  constructor(tensor: tf.Tensor, dtype: ElementType) {
    super(tensor.shape, dtype);
    this.#tensor = tensor;
  }

  /** The backend's own tensor. */
  get tensor(): tf.Tensor {
    if (this.#tensor !== undefined) return this.#tensor;
    throw new LejepaError({ code: "E_INTERNAL", where: "DeviceTensor", problem: "used after dispose()" });
  }

  /** Takes `next` as the content and frees the old one. */
  swap(next: tf.Tensor): void {
    this.tensor.dispose();
    this.#tensor = next;
  }

  override async read(): Promise<Exclude<HostData, BigInt64Array>> {
    // a copy of the right type: what a backend gives may be its own buffer, or bytes under a float tensor (tfjs's cast)
    const data = (await this.tensor.data()) as ArrayLike<number>;
    return hostArray(this.dtype, data) as Exclude<HostData, BigInt64Array>;
  }

  protected override release(): void {
    this.#tensor?.dispose();
    this.#tensor = undefined;
  }
}

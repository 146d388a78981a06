// What may be fed to a program, checked against its signature. The same on every device.
import { LejepaError } from "@lejepa/contracts";
import { sameShape, sizeOf } from "./graph/value.ts";
import { DeviceTensor } from "./runtime/device-tensor.ts";
import type { InputSpec, InputType } from "./trace.ts";

/** What may be fed: host data, or a tensor of the same engine. */
export type Feed = Float32Array | Int32Array | Uint8Array | DeviceTensor;

const arrayName: Readonly<Record<InputType, string>> = {
  float32: "Float32Array",
  int32: "Int32Array",
  bool: "Uint8Array",
  uint8: "Uint8Array",
};

/**
 * The feed of input `name`, which fits `spec`.
 *
 * @throws LejepaError E_SHAPE, E_DTYPE
 */
export function checkedFeed(name: string, feed: Feed | undefined, { shape, dtype = "float32" }: InputSpec): Feed {
  if (feed === undefined) throw mismatch("E_SHAPE", name, `data of shape [${shape}]`, "nothing");
  if (feed instanceof DeviceTensor) {
    if (!sameShape(feed.shape, shape)) throw mismatch("E_SHAPE", name, `shape [${shape}]`, `[${feed.shape}]`);
    if (feed.dtype !== dtype) throw mismatch("E_DTYPE", name, dtype, feed.dtype);
    return feed;
  }
  if (feed.constructor.name !== arrayName[dtype])
    throw mismatch("E_DTYPE", name, arrayName[dtype], feed.constructor.name);
  if (feed.length !== sizeOf(shape))
    throw mismatch("E_SHAPE", name, `${sizeOf(shape)} elements for [${shape}]`, `${feed.length}`);
  return feed;
}

/**
 * The feed as a device tensor of class `kind`: one that another kind of device made cannot be used.
 *
 * @throws LejepaError E_DEVICE
 */
export function ownTensor<T extends DeviceTensor>(
  name: string,
  feed: DeviceTensor,
  kind: abstract new (...args: never[]) => T,
): T {
  if (feed instanceof kind) return feed;
  throw otherDevice(name);
}

/** A tensor that this program's engine did not make. */
export const otherDevice = (name: string): LejepaError =>
  mismatch("E_DEVICE", name, "a tensor of this program's device", "one of another device");

/**
 * The tensor that a program updates.
 *
 * @throws LejepaError E_DTYPE for host data
 */
export function updatedTensor(name: string, feed: Feed | undefined): DeviceTensor {
  if (feed instanceof DeviceTensor) return feed;
  throw mismatch("E_DTYPE", name, "a DeviceTensor, since the program updates it", "host data");
}

const mismatch = (code: "E_SHAPE" | "E_DTYPE" | "E_DEVICE", name: string, expected: string, got: string): LejepaError =>
  new LejepaError({ code, where: `program.run: input ${name}`, expected, got });

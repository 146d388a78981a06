// A region of a traced function whose products stay float32 in every precision.
import * as tf from "@tensorflow/tfjs";
import { keepingFloat32 } from "../graph/region.ts";
import { isNative } from "./_native.ts";

/**
 * Calls `fn`; matrix products and convolutions inside, and those of their gradients, are computed in float32 even where the
 * program is compiled with `mixedPrecision` on an engine of 16 bits. For what 16 bits are too few for: statistics of many
 * samples, pixels that must be exact. Elsewhere it only calls `fn`.
 *
 *     const x = float32(() => tf.matMul(directions, z, true, true));
 */
export function float32<T>(fn: () => T): T {
  if (!isNative()) return fn();
  const tape: Recorded[] | undefined = tf.engine().state.activeTape;
  const before = tape?.length ?? 0;
  const result = keepingFloat32(fn);
  // gradients are computed when the function has long returned, by what the tape holds
  for (const node of tape?.slice(before) ?? []) keepGradient(node);
  return result;
}

type Recorded = ReturnType<typeof tf.engine>["state"]["activeTape"][number];

function keepGradient(node: Recorded): void {
  const { gradient } = node;
  if (gradient === undefined) return;
  node.gradient = (dys) => {
    const byInput = keepingFloat32(() => gradient(dys));
    return Object.fromEntries(Object.entries(byInput).map(([name, compute]) => [name, () => keepingFloat32(compute)]));
  };
}

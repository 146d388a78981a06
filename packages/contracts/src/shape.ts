/**
 * Shape checks for arguments that a user can get wrong. Not assertions about our own code, and no broadcasting rules.
 */
import { LejepaError } from "./errors.ts";

/** Anything with a shape: a tfjs tensor, a device tensor, a plain record. */
export interface Shaped {
  readonly shape: readonly number[];
}

/**
 * Throws E_SHAPE unless `tensor` has the given rank.
 * `axes` names the axes for the message: `expectRank("sigreg", "z", z, 3, ["views", "samples", "dim"])`.
 */
export function expectRank(where: string, name: string, tensor: Shaped, rank: number, axes?: readonly string[]): void {
  if (tensor.shape.length === rank) return;
  const named = axes === undefined ? "" : ` [${axes.join(", ")}]`;
  throw new LejepaError({
    code: "E_SHAPE",
    where,
    expected: `${name} of rank ${rank}${named}`,
    got: formatShape(tensor.shape),
  });
}

/** Throws E_SHAPE unless `tensor` has exactly the given shape; `null` allows any size on that axis. */
export function expectShape(where: string, name: string, tensor: Shaped, shape: readonly (number | null)[]): void {
  const got = tensor.shape;
  if (got.length === shape.length && shape.every((size, axis) => size === null || size === got[axis])) return;
  throw new LejepaError({
    code: "E_SHAPE",
    where,
    expected: `${name} of shape ${formatShape(shape)}`,
    got: formatShape(got),
  });
}

function formatShape(shape: readonly (number | null)[]): string {
  return `[${shape.map((size) => size ?? "any").join(", ")}]`;
}

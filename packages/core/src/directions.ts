/**
 * The random unit directions onto which SIGReg projects. A pure function of (seed, step), so equal on every rank and
 * after a resume, with nothing to save. Independent directions, as in the paper's main text; no quasi-random sequence
 * (its appendix D finds no asymptotic gain).
 */
import { LejepaError, stream } from "@lejepa/contracts";

/**
 * Directions A: column m is uniform on the unit sphere of R^dim (a normal vector over its length).
 *
 *     const directions = sigregDirections(64, 1024, config.seed, step); // 64 x 1024 values
 *
 * @returns [dim, slices], row-major
 * @throws LejepaError E_CONFIG unless dim and slices are positive integers
 */
export function sigregDirections(dim: number, slices: number, seed: number, step: number): Float32Array {
  checkCount("dim", dim);
  checkCount("slices", slices);
  const values = stream(seed, "sigreg directions", step).fillNormal(new Float32Array(dim * slices));
  const squares = new Float64Array(slices);
  for (let i = 0; i < values.length; i++) squares[i % slices]! += values[i]! ** 2;
  for (let i = 0; i < values.length; i++) values[i]! /= Math.sqrt(squares[i % slices]!);
  return values;
}

function checkCount(name: string, value: number): void {
  if (Number.isInteger(value) && value > 0) return;
  throw new LejepaError({
    code: "E_CONFIG",
    where: "sigregDirections",
    expected: `${name} as a positive integer`,
    got: String(value),
  });
}

/**
 * Normalised differences (a - b) / (a + b) of two bands, in [-1, 1] for values that are not negative. 0 / 0 is no value.
 */
import type { BandRole } from "./sensors.ts";

/**
 * The two bands of each index.
 *
 * - ndvi: vegetation, (nir - red) / (nir + red). Rouse et al. 1974, "Monitoring vegetation systems in the Great Plains with ERTS".
 * - ndwi: open water, (green - nir) / (green + nir). McFeeters 1996, Int. J. Remote Sensing 17(7).
 * - nbr: burn severity, (nir - swir2) / (nir + swir2). Key and Benson 2006, USDA RMRS-GTR-164.
 * - ndbi: built-up land, (swir1 - nir) / (swir1 + nir). Zha et al. 2003, Int. J. Remote Sensing 24(3).
 */
export const spectralIndices = {
  ndvi: ["nir", "red"],
  ndwi: ["green", "nir"],
  nbr: ["nir", "swir2"],
  ndbi: ["swir1", "nir"],
} as const satisfies Readonly<Record<string, readonly [BandRole, BandRole]>>;

/** Name of an index. */
export type IndexName = keyof typeof spectralIndices;

/** Names of the indices. */
export const indexNames = Object.keys(spectralIndices) as [IndexName, ...IndexName[]];

/** (a - b) / (a + b); NaN where a + b is 0. */
export function normalisedDifference(a: number, b: number): number {
  const sum = a + b;
  return sum === 0 ? Number.NaN : (a - b) / sum;
}

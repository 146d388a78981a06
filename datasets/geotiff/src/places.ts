/**
 * Which chips are the same ground at other dates: the same window of the same grid. No pixels, and no near misses: grids that are
 * shifted by a part of a pixel show other ground.
 */
import type { Chip } from "./place-all.ts";

/**
 * The place of each chip; undefined where no other scene covers the same window of the same grid (coordinate system, geotransform,
 * size), or nothing is known of where it lies.
 */
export function placesOf(chips: readonly Chip[]): (string | undefined)[] {
  const places = chips.map(({ scene: { crs, affine, width, height }, window }) =>
    affine === null || crs === "none"
      ? undefined
      : `${crs} ${affine.join(" ")} ${width}x${height} ${window.x},${window.y},${window.width},${window.height}`,
  );
  const scenes = new Map<string, Set<string>>();
  for (const [i, place] of places.entries()) {
    if (place === undefined) continue;
    const ids = scenes.get(place) ?? new Set();
    scenes.set(place, ids.add((chips[i] as Chip).scene.id));
  }
  return places.map((place) => (place !== undefined && (scenes.get(place)?.size ?? 0) > 1 ? place : undefined));
}

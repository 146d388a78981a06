/**
 * Spatial blocks: the groups that a split must not divide. Neighbouring chips look alike, so a random split over chips tests
 * on what it trained on (Roberts et al. 2017, Ecography 40(8), on block cross-validation).
 */
import { boundsOf, toCoordinates, type Affine } from "./georeference.ts";
import type { GeotiffOptions } from "./options.ts";
import type { SceneFacts } from "./scene-facts.ts";
import type { Window } from "./tiff/read-window.ts";

/** How blocks are made. */
export interface Blocks {
  /** The group of a chip, by its centre; undefined: no groups. */
  groupOf(scene: SceneFacts, window: Window): string | undefined;
  /** Whether a chip lies in more than one block. */
  crosses(scene: SceneFacts, window: Window): boolean;
}

const manyScenes = 10;
const blocksOfScene = 8;
const scenesOfBlock = 4;
// metres of a degree of latitude, mean of WGS 84
const metresOfDegree = 111_320;

/**
 * Chooses the blocks for all scenes.
 *
 * `auto`: scenes that are items themselves lie in squares of 4 x 4 of them; chips of 10 or more scenes that do not overlap have
 * their scene as block; those of fewer scenes squares of an eighth of a scene. Squares are counted in the coordinate system, so
 * that two scenes of one place share them; without a position they are counted in pixels of the scene.
 *
 * @param whole whether scenes are items
 */
export function planBlocks(scenes: readonly SceneFacts[], { blocks }: GeotiffOptions, whole: boolean): Blocks {
  if (blocks === "none") return { groupOf: () => undefined, crosses: () => false };
  if (blocks === "scene") return byScene;
  if (blocks === "auto") {
    if (!whole && scenes.length >= manyScenes && !someOverlap(scenes)) return byScene;
    const sides = extents(scenes, whole ? scenesOfBlock : 1 / blocksOfScene);
    return bySquare((scene) =>
      scene.affine === null ? pixelSide(scene, whole) : square(sides.get(scene.crs) as number),
    );
  }
  const { size, unit } = blocks;
  return bySquare((scene) => {
    if (unit === "pixels") return { pixels: size };
    if (scene.affine === null) return pixelSide(scene, whole);
    if (unit === "crs") return square(size);
    return scene.geographic ? { degrees: (1000 * size) / metresOfDegree } : square(1000 * size);
  });
}

const byScene: Blocks = { groupOf: ({ id }) => id, crosses: () => false };

/** Side of a block: in coordinates, in degrees of latitude (of longitude as many metres), or in pixels of the scene. */
type Side = { readonly crs: number } | { readonly degrees: number } | { readonly pixels: number };

function square(crs: number): Side {
  return { crs };
}

function pixelSide({ width, height }: SceneFacts, whole: boolean): Side {
  return { pixels: whole ? Math.max(width, height) : Math.max(1, Math.ceil(Math.max(width, height) / blocksOfScene)) };
}

function bySquare(sideOf: (scene: SceneFacts) => Side): Blocks {
  const at = (scene: SceneFacts, column: number, row: number): string => blockAt(scene, sideOf(scene), column, row);
  return {
    groupOf: (scene, { x, y, width, height }) => at(scene, x + width / 2, y + height / 2),
    crosses: (scene, { x, y, width, height }) => {
      const first = at(scene, x + 0.5, y + 0.5);
      return [
        [x + width - 0.5, y + 0.5],
        [x + 0.5, y + height - 0.5],
        [x + width - 0.5, y + height - 0.5],
      ].some(([column, row]) => at(scene, column as number, row as number) !== first);
    },
  };
}

function blockAt({ id, crs, affine }: SceneFacts, side: Side, column: number, row: number): string {
  if ("pixels" in side) return `${id} block ${Math.floor(column / side.pixels)},${Math.floor(row / side.pixels)}`;
  const [x, y] = toCoordinates(affine as Affine, column, row);
  if ("crs" in side) return `${crs} block ${Math.floor(x / side.crs)},${Math.floor(y / side.crs)}`;
  const northing = Math.floor(y / side.degrees);
  const degree = Math.max(0.01, Math.cos((((northing + 0.5) * side.degrees) / 180) * Math.PI));
  return `${crs} block ${Math.floor((x * degree) / side.degrees)},${northing}`;
}

/** Median extent of the scenes of each coordinate system, times a factor. */
function extents(scenes: readonly SceneFacts[], factor: number): Map<string, number> {
  const sides = new Map<string, number[]>();
  for (const scene of scenes) {
    if (scene.affine === null) continue;
    const [west, south, east, north] = boundsOf(scene.affine, { x: 0, y: 0, ...scene });
    sides.set(scene.crs, [...(sides.get(scene.crs) ?? []), Math.max(east - west, north - south)]);
  }
  return new Map(
    [...sides].map(([crs, list]) => [crs, factor * (list.sort((a, b) => a - b)[list.length >> 1] as number)]),
  );
}

/** Whether two scenes of one coordinate system cover common ground. */
export function someOverlap(scenes: readonly SceneFacts[]): boolean {
  const boxes = scenes
    .filter(({ affine }) => affine !== null)
    .map((scene) => ({ crs: scene.crs, box: boundsOf(scene.affine as Affine, { x: 0, y: 0, ...scene }) }))
    .sort((a, b) => a.box[0] - b.box[0]);
  for (const [i, { crs, box }] of boxes.entries()) {
    for (let j = i + 1; j < boxes.length && (boxes[j] as { box: readonly number[] }).box[0]! < box[2]; j++) {
      const other = boxes[j] as (typeof boxes)[number];
      // a shared edge is no common ground
      const common = Math.min(box[3], other.box[3]) - Math.max(box[1], other.box[1]);
      const along = Math.min(box[2], other.box[2]) - other.box[0];
      if (other.crs === crs && common > 0.01 * (box[3] - box[1]) && along > 0.01 * (box[2] - box[0])) return true;
    }
  }
  return false;
}

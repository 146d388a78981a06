/**
 * How much of a chip is valid, without reading the chip: a coarse grid of shares over the scene, made once from an overview or,
 * where there is none, block by block, and kept in the cache folder.
 */
import type { Scene } from "./open-scene.ts";
import type { GeotiffOptions } from "./options.ts";
import { readValidity } from "./read-scene.ts";
import type { Window } from "./tiff/read-window.ts";

/** Shares of valid pixels in square cells of a scene, from the upper left. */
export interface ValidShares {
  readonly width: number;
  readonly height: number;
  /** Side of a cell, pixels. */
  readonly cell: number;
  /** 0 .. 255 of each cell, row by row. */
  readonly shares: Uint8Array;
}

// a cell is a quarter of a chip, and four pixels of an overview tell enough of it
const cellsOfChip = 4;
const pixelsOfCell = 4;
const pixelsAtOnce = 1 << 20;
const tileSide = 1024;
// blocks are visited once, but for those that two windows share
const cacheMegabytes = 32;

/** Side of the cells for chips of a size. */
export function cellOf(chip: number): number {
  return Math.max(1, Math.floor(chip / cellsOfChip));
}

/** Looks at a scene. */
export async function findValidShares(
  scene: Scene,
  cell: number,
  options: GeotiffOptions,
  signal: AbortSignal | undefined,
): Promise<ValidShares> {
  const { width, height } = scene;
  const [across, down] = [Math.ceil(width / cell), Math.ceil(height / cell)];
  const valid = new Float64Array(across * down);
  const seen = new Float64Array(across * down);
  for (const window of partsOf(scene)) {
    signal?.throwIfAborted();
    const size = (Math.min(window.width, window.height) * pixelsOfCell) / (2 * cell);
    const sparing = { ...options, cacheMegabytes: Math.min(options.cacheMegabytes, cacheMegabytes) };
    const part = await readValidity(scene, window, { options: sparing, size });
    count(part, window, { cell, across, valid, seen });
  }
  const shares = Uint8Array.from(valid, (sum, i) => Math.round((255 * sum) / Math.max(1, seen[i] as number)));
  return { width, height, cell, shares };
}

/** Windows that cover the scene: whole rows of strips, squares of tiles. */
function* partsOf({ width, height, finest }: Scene): Generator<Window> {
  const { tiled } = finest.page.image;
  const across = tiled ? tileSide : width;
  const down = tiled ? tileSide : Math.max(1, Math.floor(pixelsAtOnce / width));
  for (let y = 0; y < height; y += down) {
    for (let x = 0; x < width; x += across) {
      yield { x, y, width: Math.min(across, width - x), height: Math.min(down, height - y) };
    }
  }
}

interface Counts {
  readonly cell: number;
  readonly across: number;
  readonly valid: Float64Array;
  readonly seen: Float64Array;
}

function count(
  part: { width: number; height: number; mask: Uint8Array | undefined },
  window: Window,
  { cell, across, valid, seen }: Counts,
): void {
  const columns = Int32Array.from({ length: part.width }, (_, x) =>
    Math.floor((window.x + ((x + 0.5) * window.width) / part.width) / cell),
  );
  for (let y = 0; y < part.height; y++) {
    const row = Math.floor((window.y + ((y + 0.5) * window.height) / part.height) / cell) * across;
    for (let x = 0; x < part.width; x++) {
      const at = row + (columns[x] as number);
      seen[at]! += 1;
      valid[at]! += part.mask === undefined ? 1 : (part.mask[y * part.width + x] as number);
    }
  }
}

/** Share of valid pixels of a window, 0 to 1: of the cells that it touches, by area. */
export function shareOf({ width, height, cell, shares }: ValidShares, window: Window): number {
  const across = Math.ceil(width / cell);
  let [sum, area] = [0, 0];
  for (let row = Math.floor(window.y / cell); row * cell < window.y + window.height; row++) {
    for (let column = Math.floor(window.x / cell); column * cell < window.x + window.width; column++) {
      const weight =
        overlap(column * cell, Math.min((column + 1) * cell, width), window.x, window.x + window.width) *
        overlap(row * cell, Math.min((row + 1) * cell, height), window.y, window.y + window.height);
      sum += weight * ((shares[row * across + column] as number) / 255);
      area += weight;
    }
  }
  return sum / area;
}

function overlap(a: number, b: number, from: number, to: number): number {
  return Math.max(0, Math.min(b, to) - Math.max(a, from));
}

/**
 * The windows of a scene that become items. Arithmetic only.
 */
import { stream } from "@lejepa/contracts";
import type { GeotiffOptions } from "./options.ts";
import type { Window } from "./tiff/read-window.ts";

type ChipOptions = GeotiffOptions["chips"];

// tries for each random chip before the scene counts as full of gaps
const triesOfChip = 20;

/** A scene, as far as placing chips goes. */
export interface ChipScene {
  readonly id: string;
  readonly width: number;
  readonly height: number;
  /** Whether a window has enough valid pixels and may be used. */
  accepts(window: Window): boolean;
}

/** Whether a scene is one item: it is small, or chips are not wanted. */
export function isWhole({ width, height }: { width: number; height: number }, { size }: ChipOptions): boolean {
  return size === "whole" || (width <= 2 * size && height <= 2 * size);
}

/** Whether two chips of a scene can share pixels. */
export function canOverlap({ size, sampling, stride }: ChipOptions): boolean {
  return size !== "whole" && (sampling === "random" || (stride ?? size) < size);
}

/** Windows, and how many were looked at and not accepted. */
export interface Chips {
  readonly windows: readonly Window[];
  readonly refused: number;
}

/**
 * Places chips.
 *
 * - grid: every `stride` pixels from the upper left corner; what is left at the right and bottom is not used.
 * - random: uniform, seeded by scene, no window twice.
 */
export function placeChips(scene: ChipScene, options: ChipOptions, most: number | null): Chips {
  const side = options.size as number;
  const [width, height] = [Math.min(side, scene.width), Math.min(side, scene.height)];
  return options.sampling === "grid"
    ? onGrid(scene, { width, height }, options, most)
    : atRandom(scene, { width, height }, options, most);
}

/** Chips that fit into a scene side by side. */
export function capacity({ width, height }: { width: number; height: number }, { size }: ChipOptions): number {
  const fit = (length: number): number => Math.max(1, Math.floor(length / (size as number)));
  return fit(width) * fit(height);
}

type Side = Pick<Window, "width" | "height">;

function onGrid(
  scene: ChipScene,
  { width, height }: Side,
  { stride, size, seed }: ChipOptions,
  most: number | null,
): Chips {
  const step = stride ?? (size as number);
  const windows: Window[] = [];
  let refused = 0;
  for (let y = 0; y + height <= scene.height; y += step) {
    for (let x = 0; x + width <= scene.width; x += step) {
      const window = { x, y, width, height };
      if (scene.accepts(window)) windows.push(window);
      else refused += 1;
    }
  }
  return { windows: someOf(windows, most, stream(seed, `grid chips ${scene.id}`)), refused };
}

function atRandom(scene: ChipScene, { width, height }: Side, options: ChipOptions, most: number | null): Chips {
  const random = stream(options.seed, `random chips ${scene.id}`);
  const wanted = most ?? capacity(scene, options);
  const windows = new Map<string, Window>();
  let refused = 0;
  for (let tries = wanted * triesOfChip; tries > 0 && windows.size < wanted; tries--) {
    const window = {
      x: random.integer(scene.width - width + 1),
      y: random.integer(scene.height - height + 1),
      width,
      height,
    };
    if (scene.accepts(window)) windows.set(`${window.x},${window.y}`, window);
    else refused += 1;
  }
  return { windows: [...windows.values()].sort((a, b) => a.y - b.y || a.x - b.x), refused };
}

/** At most `most` of a list, chosen at random, in their order. */
export function someOf<T>(list: readonly T[], most: number | null, random: ReturnType<typeof stream>): readonly T[] {
  if (most === null || list.length <= most) return list;
  return Array.from(random.permutation(list.length).subarray(0, most).sort(), (at) => list[at] as T);
}

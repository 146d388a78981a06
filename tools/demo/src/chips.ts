// Cuts labelled chips out of the photographs in scenes/: the class is the photograph, the split is the place in it. Not a
// general tiler.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";

/** Width and height of a chip, pixels. */
export const chipSize = 48;

/** Chips of each scene. */
const counts = { val: 40, train: 220, test: 100 };

/**
 * Where the chips of a split may lie, as shares of the width. Validation and training share an edge; between training and
 * test lies a gap of a tenth of the width, more than a chip.
 */
const strips = { val: [0, 0.14], train: [0.14, 0.6], test: [0.7, 1] } as const;

type Split = keyof typeof strips;

const splits = ["val", "train", "test"] as const satisfies readonly Split[];

/** A photograph in memory, gray. */
export interface Scene {
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Upper left corner of a chip. */
export interface Corner {
  readonly x: number;
  readonly y: number;
}

/**
 * Corners of the chips of a split: a grid of 12 pixels in the split's strip, without the almost blank ones (standard
 * deviation below 5 levels: they look alike in every scene), thinned evenly to the number wanted.
 */
export function chipCorners(scene: Scene, split: Split): Corner[] {
  const [from, to] = strips[split];
  const last = Math.floor(scene.width * to) - chipSize;
  const corners: Corner[] = [];
  for (let y = 0; y + chipSize <= scene.height; y += 12) {
    for (let x = Math.ceil(scene.width * from); x <= last; x += 12) {
      if (moments(scene, { x, y }).std >= 5) corners.push({ x, y });
    }
  }
  const kept = Math.min(counts[split], corners.length);
  return Array.from({ length: kept }, (_, i) => corners[Math.floor((i * corners.length) / kept)] as Corner);
}

function moments(scene: Scene, corner: Corner): { readonly mean: number; readonly std: number } {
  let sum = 0;
  let squares = 0;
  for (const value of chipValues(scene, corner)) {
    sum += value;
    squares += value * value;
  }
  const mean = sum / chipSize ** 2;
  return { mean, std: Math.sqrt(Math.max(0, squares / chipSize ** 2 - mean ** 2)) };
}

function* chipValues({ pixels, width }: Scene, { x, y }: Corner): Generator<number> {
  for (let row = y; row < y + chipSize; row++) {
    for (let column = x; column < x + chipSize; column++) yield pixels[row * width + column] as number;
  }
}

/** The chip with mean 128 and standard deviation 48 (clipped to 0 .. 255), so that brightness does not give the scene away. */
export function cutChip(scene: Scene, corner: Corner): Uint8Array {
  const { mean, std } = moments(scene, corner);
  const levelled = Array.from(chipValues(scene, corner), (value) => Math.round(128 + (48 * (value - mean)) / std));
  return Uint8Array.from(levelled, (value) => Math.min(255, Math.max(0, value)));
}

/**
 * Writes the chips as `SPLIT/SCENE/NUMBER.png` below `folder`, or finds them there. Whole or not at all.
 *
 * @returns the folder
 */
export async function cutChips(scenes: URL, folder: string): Promise<string> {
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.${process.pid}`;
  try {
    for (const file of readdirSync(scenes).filter((name) => name.endsWith(".jpg"))) {
      const { data, info } = await sharp(fileURLToPath(new URL(file, scenes)))
        .grayscale()
        .raw()
        .toBuffer({ resolveWithObject: true });
      const scene = { pixels: data, width: info.width, height: info.height };
      for (const split of splits) await writeChips(scene, split, join(unfinished, split, file.replace(".jpg", "")));
    }
    renameSync(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return folder;
}

async function writeChips(scene: Scene, split: Split, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const raw = { width: chipSize, height: chipSize, channels: 1 } as const;
  const jobs = chipCorners(scene, split).map((corner, i) => {
    const file = join(folder, `${String(i).padStart(3, "0")}.png`);
    return sharp(cutChip(scene, corner), { raw }).toColourspace("b-w").png().toFile(file);
  });
  await Promise.all(jobs);
}

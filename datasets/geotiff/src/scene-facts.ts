/**
 * What the index keeps of a scene: sizes, channels, place, and the facts that `plan` counts. Plain data, kept between runs
 * until a file changes.
 */
import { stat } from "node:fs/promises";
import { georeferenceOf, pixelSize, type Affine, type Georeference } from "./georeference.ts";
import { openScene, type Part, type Scene } from "./open-scene.ts";
import type { SceneFiles } from "./list-files.ts";
import type { GeotiffOptions } from "./options.ts";
import { compressionName } from "./tiff/image.ts";
import { isUrl } from "./tiff/source.ts";

/** A scene as the index knows it. */
export interface SceneFacts {
  readonly id: string;
  /** Sizes and times of the files: changes when one of them does. */
  readonly stamp: string;
  readonly width: number;
  readonly height: number;
  readonly channels: readonly string[];
  readonly crs: string;
  readonly geographic: boolean;
  readonly affine: Affine | null;
  readonly placed: Georeference["placed"];
  /** Whether pixels may be invalid, so that chips must be looked at. */
  readonly mayHaveGaps: boolean;
  readonly pages: number;
  readonly facts: Readonly<Record<string, string | number | boolean>>;
}

/** Sizes and times of the files of a scene. */
export async function stampOf({ files }: SceneFiles): Promise<string> {
  const stamps = await Promise.all(
    files.map(async ({ path }) => {
      if (isUrl(path)) return path;
      const { size, mtimeMs } = await stat(path).catch(() => ({ size: -1, mtimeMs: 0 }));
      return `${size}-${mtimeMs}`;
    }),
  );
  return stamps.join(" ");
}

/** Reads the headers of a scene. Errors as of `openScene`. */
export async function describeScene(files: SceneFiles, stamp: string, options: GeotiffOptions): Promise<SceneFacts> {
  const scene = await openScene(files.files, options);
  const { crs, geographic, affine, placed } = scene.georeference;
  const [down, along] = affine === undefined ? [undefined, undefined] : pixelSize(affine);
  const { image } = scene.finest.page;
  const read = [...new Set(scene.selection.read.map(({ part }) => scene.parts[part] as Part))];
  checkPlaces(scene, read);
  return {
    id: files.id,
    stamp,
    width: scene.width,
    height: scene.height,
    channels: [...scene.selection.channels, ...scene.selection.indices].map(({ name }) => name),
    crs,
    geographic,
    affine: affine ?? null,
    placed,
    mayHaveGaps:
      scene.selection.read.some(({ nodata }) => nodata !== undefined) || options.decibels || read.some(mayHaveGaps),
    pages: Math.max(...scene.parts.map(({ file }) => file.pages.length)),
    facts: {
      crs,
      ...(along !== undefined && { resolution: round(along) }),
      ...(along !== undefined && Math.abs(along - down) > 1e-6 * along && { resolutionDown: round(down) }),
      dtype: image.bits % 8 === 0 && image.bits !== 24 ? image.dtype : `${image.bits}-bit`,
      compression: compressionName(image),
      layout: `${image.tiled ? "tiles" : "strips"}${scene.finest.page.overviews.length > 0 ? " with overviews" : ""}`,
      bands: scene.bands.length,
      nodata: scene.selection.read.some(({ nodata }) => nodata !== undefined)
        ? "value"
        : read.some(hasMask)
          ? "mask"
          : "none",
      placed,
    },
  };
}

function hasMask({ page, alpha }: Part): boolean {
  return page.mask !== undefined || alpha !== undefined;
}

function mayHaveGaps(part: Part): boolean {
  return hasMask(part) || part.page.image.format === "float";
}

// bands of one scene in two coordinate systems are not one scene
function checkPlaces({ name, finest }: Scene, read: readonly Part[]): void {
  const { crs } = georeferenceOf(finest.page);
  for (const part of read) {
    const other = georeferenceOf(part.page).crs;
    if (other !== crs) throw new TypeError(`${name}: its bands have two coordinate systems, ${crs} and ${other}`);
  }
}

// 9.999999999 and 10 are one resolution
function round(value: number): number {
  return Number(value.toPrecision(9));
}

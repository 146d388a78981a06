/**
 * Opens the files of a scene and puts their bands onto one grid: that of the finest band that is read.
 */
import { LejepaError } from "@lejepa/contracts";
import { alphaBand, bandsOfPage, selectBands, type Band, type Selection } from "./bands.ts";
import { georeferenceOf, type Georeference } from "./georeference.ts";
import type { GeotiffOptions } from "./options.ts";
import { openTiff, type Page, type TiffFile } from "./tiff/open.ts";

/** A file of a scene. */
export interface SceneFile {
  readonly path: string;
  /** The name of its band, for one file a band. */
  readonly band?: string;
}

/** One file, open. */
export interface Part {
  readonly file: TiffFile;
  readonly page: Page;
  /** The band that is the mask. */
  readonly alpha: number | undefined;
}

/** A scene, open. */
export interface Scene {
  readonly name: string;
  readonly parts: readonly Part[];
  readonly bands: readonly Band[];
  readonly selection: Selection;
  /** Of the grid, pixels. */
  readonly width: number;
  readonly height: number;
  readonly georeference: Georeference;
  /** The part whose grid is the scene's. */
  readonly finest: Part;
}

/**
 * Opens a scene.
 *
 * @throws LejepaError E_DECODE, E_IO for a file that cannot be read, E_DATA for a band that is not there
 */
export async function openScene(files: readonly SceneFile[], options: GeotiffOptions): Promise<Scene> {
  const parts = await Promise.all(
    files.map(async ({ path }): Promise<Part> => {
      const file = await openTiff(path);
      const page = file.pages[0] as Page;
      return { file, page, alpha: alphaBand(page, options) };
    }),
  );
  const bands = parts.flatMap(({ page }, part) => bandsOfPage(page, part, files[part]?.band, options));
  const name = (parts[0] as Part).file.source.name;
  const selection = selectBands(bands, options, name);
  const read = [...new Set(selection.read.map(({ part }) => part))].map((part) => parts[part] as Part);
  const finest = read.reduce((best, part) => (part.page.image.width > best.page.image.width ? part : best));
  checkShapes(name, read, finest);
  const { width, height } = finest.page.image;
  return { name, parts, bands, selection, width, height, georeference: georeferenceOf(finest.page), finest };
}

// bands of other resolutions cover the same ground: widths and heights have one ratio, but for a rounded pixel
function checkShapes(name: string, parts: readonly Part[], { page }: Part): void {
  for (const { page: other } of parts) {
    const ratio = page.image.width / other.image.width;
    if (Math.abs(page.image.height / ratio - other.image.height) <= 1.5) continue;
    throw new LejepaError({
      code: "E_DATA",
      where: name,
      expected: "bands that cover the same ground",
      got: `${page.image.width} x ${page.image.height} and ${other.image.width} x ${other.image.height} pixels`,
    });
  }
}

/**
 * Labels from a raster of classes: the most frequent class of the part that a chip covers. The raster must be in the scenes'
 * coordinate system; its resolution may be another.
 */
import { resolve } from "node:path";
import { LejepaError } from "@lejepa/contracts";
import { boundsOf, georeferenceOf, toPixels, type Affine } from "./georeference.ts";
import type { GeotiffOptions } from "./options.ts";
import type { SceneFacts } from "./scene-facts.ts";
import { openTiff, type Page } from "./tiff/open.ts";
import { readWindow, type Window } from "./tiff/read-window.ts";

type RasterOptions = NonNullable<GeotiffOptions["labelRaster"]>;

/**
 * The class of a chip; undefined where the raster has none.
 *
 * @throws LejepaError E_DATA when the raster and the scene do not share a coordinate system, E_DECODE for a damaged raster
 */
export async function labelFromRaster(
  scene: SceneFacts,
  window: Window,
  options: RasterOptions,
): Promise<string | undefined> {
  const path = resolve(options.path.replaceAll("{scene}", scene.id.replace(/\.[^./]+$/, "")));
  const file = await openTiff(path);
  const { image } = file.pages[0] as Page;
  if (options.band > image.samples) {
    throw new LejepaError({
      code: "E_DATA",
      where: file.source.name,
      expected: `a band ${options.band}`,
      got: `${image.samples} bands`,
    });
  }
  const place = placeIn(file.pages[0] as Page, scene, window, file.source.name);
  if (place === undefined) return undefined;
  const values = await readWindow(file, image, { window: place, bands: [options.band - 1], order: "bands" });
  const counts = new Map<number, number>();
  const none = new Set([...options.ignore, image.nodata]);
  for (let i = 0; i < values.length; i++) {
    const value = Number(values[i]);
    if (!none.has(value) && !Number.isNaN(value)) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  // the smaller value of two that are as frequent, so that the answer does not depend on the order of pixels
  const [best] = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  if (best === undefined || best[1] < options.minShare * values.length) return undefined;
  return options.classes[String(best[0])] ?? String(best[0]);
}

/** The window of the raster that a chip covers; undefined: none. */
function placeIn(page: Page, scene: SceneFacts, window: Window, name: string): Window | undefined {
  const { crs, affine } = georeferenceOf(page);
  const { image } = page;
  // without any position, a raster of the scene's own size lies on it
  const same =
    affine === undefined && scene.affine === null && image.width === scene.width && image.height === scene.height;
  if (same) return window;
  if (affine === undefined || scene.affine === null || crs !== scene.crs) {
    throw new LejepaError({
      code: "E_DATA",
      where: name,
      expected: `a raster of classes in ${scene.crs}, as ${scene.id}`,
      got: affine === undefined ? "one without a position" : crs,
    });
  }
  const [west, south, east, north] = boundsOf(scene.affine, window);
  const corners = [
    [west, north],
    [east, south],
    [west, south],
    [east, north],
  ].map(([x, y]) => toPixels(affine as Affine, x as number, y as number));
  // a rounding error is not a pixel
  const low = (at: 0 | 1): number => Math.floor(Math.min(...corners.map((corner) => corner[at])) + 1e-6);
  const high = (at: 0 | 1): number => Math.ceil(Math.max(...corners.map((corner) => corner[at])) - 1e-6);
  const [left, top] = [Math.max(0, low(0)), Math.max(0, low(1))];
  const [right, bottom] = [Math.min(image.width, high(0)), Math.min(image.height, high(1))];
  return right > left && bottom > top ? { x: left, y: top, width: right - left, height: bottom - top } : undefined;
}

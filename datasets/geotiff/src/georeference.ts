/**
 * Where a raster lies: its coordinate system, the map from pixels to coordinates, and its bounds (GeoTIFF 1.1, OGC 19-008).
 * Coordinates are kept as they are: nothing is projected.
 */
import type { Page } from "./tiff/open.ts";

/** x = c + a column + b row, y = f + d column + e row, of pixel corners: GDAL's geotransform as [a, b, c, d, e, f]. */
export type Affine = readonly [number, number, number, number, number, number];

/** Where a raster lies. */
export interface Georeference {
  /** `EPSG:32618`, or what there is instead: `projected`, `geographic`, `none`. */
  readonly crs: string;
  readonly geographic: boolean;
  /** Absent: the position is known by control points alone, or not at all. */
  readonly affine?: Affine;
  readonly placed: "affine" | "rotated" | "control points" | "nowhere";
}

const userDefined = 32_767;
const pixelIsPoint = 2;

/** Reads the geographic tags of a page. */
export function georeferenceOf({ tags, geo }: Page): Georeference {
  const keys = geoKeysOf(geo);
  const { model, projected, geographic: geographicCode } = keys;
  const geographic = projected === undefined && (model === 2 || geographicCode !== undefined);
  const code = projected ?? geographicCode;
  const known = code !== undefined && code > 0 && code < userDefined && (projected !== undefined || model !== 1);
  const unnamed = model === undefined && code === undefined ? "none" : geographic ? "geographic" : "projected";
  const crs = known ? `EPSG:${code}` : unnamed;
  const affine = affineOf(tags, keys.raster === pixelIsPoint);
  if (affine === undefined) {
    const points = (tags.list(33922)?.length ?? 0) / 6;
    return { crs, geographic, placed: points > 1 ? "control points" : "nowhere" };
  }
  return { crs, geographic, affine, placed: affine[1] !== 0 || affine[3] !== 0 ? "rotated" : "affine" };
}

type Keys = Readonly<Record<"model" | "raster" | "projected" | "geographic", number | undefined>>;

// a damaged directory of keys is as good as none: the pixels can still be used
function geoKeysOf(geo: Page["geo"]): Keys {
  let keys: Readonly<Record<string, unknown>> | null = null;
  try {
    keys = geo.getGeoKeys();
  } catch {
    keys = null;
  }
  const number = (name: string): number | undefined => {
    const value = keys?.[name];
    return typeof value === "number" ? value : undefined;
  };
  return {
    model: number("GTModelTypeGeoKey"),
    raster: number("GTRasterTypeGeoKey"),
    projected: number("ProjectedCSTypeGeoKey"),
    geographic: number("GeographicTypeGeoKey"),
  };
}

function affineOf(tags: Page["tags"], isPoint: boolean): Affine | undefined {
  const matrix = tags.list(34264);
  const scale = tags.list(33550);
  const tie = tags.list(33922);
  let affine: Affine | undefined;
  if (matrix !== undefined && matrix.length >= 8) {
    affine = [matrix[0], matrix[1], matrix[3], matrix[4], matrix[5], matrix[7]] as unknown as Affine;
  } else if (scale !== undefined && scale.length >= 2 && tie !== undefined && tie.length >= 6) {
    const [column, row, , x, y] = Array.from(tie) as [number, number, number, number, number];
    const [width, height] = Array.from(scale) as [number, number];
    affine = [width, 0, x - column * width, 0, -height, y + row * height];
  }
  if (affine === undefined || !affine.every(Number.isFinite) || affine[0] * affine[4] === affine[1] * affine[3])
    return undefined;
  const [a, b, c, d, e, f] = affine;
  // the tie point is a pixel's centre
  return isPoint ? [a, b, c - (a + b) / 2, d, e, f - (d + e) / 2] : affine;
}

/** Coordinates of a place in an image, pixels from its upper left corner. */
export function toCoordinates([a, b, c, d, e, f]: Affine, column: number, row: number): readonly [number, number] {
  return [c + a * column + b * row, f + d * column + e * row];
}

/** The place in an image, pixels, of coordinates. */
export function toPixels([a, b, c, d, e, f]: Affine, x: number, y: number): readonly [number, number] {
  const determinant = a * e - b * d;
  return [(e * (x - c) - b * (y - f)) / determinant, (a * (y - f) - d * (x - c)) / determinant];
}

/** Smallest and largest coordinates of a window: [west, south, east, north]. */
export function boundsOf(
  affine: Affine,
  { x, y, width, height }: { x: number; y: number; width: number; height: number },
): readonly [number, number, number, number] {
  const corners = [
    [x, y],
    [x + width, y],
    [x, y + height],
    [x + width, y + height],
  ].map(([column, row]) => toCoordinates(affine, column as number, row as number));
  const xs = corners.map(([easting]) => easting);
  const ys = corners.map(([, northing]) => northing);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

/** Size of a pixel, [down a row, along a row], in units of the coordinate system. */
export function pixelSize([a, b, , d, e]: Affine): readonly [number, number] {
  return [Math.hypot(b, e), Math.hypot(a, d)];
}

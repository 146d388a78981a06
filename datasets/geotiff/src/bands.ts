/**
 * The bands of a scene by name: from the sensor's table, the file's own descriptions, its colours or a pattern on file names;
 * and which of them the options choose. No pixels.
 */
import { LejepaError, nearest } from "@lejepa/contracts";
import type { GeotiffOptions } from "./options.ts";
import { sensors, type BandRole, type Sensor } from "./sensors.ts";
import { spectralIndices } from "./spectral-indices.ts";
import type { BandMetadata } from "./tiff/metadata.ts";
import type { Page } from "./tiff/open.ts";

/** One band of a scene. */
export interface Band {
  readonly name: string;
  /** Further names that the options may use, lower case. */
  readonly aliases: readonly string[];
  readonly role: BandRole | undefined;
  /** File of the scene, from 0. */
  readonly part: number;
  /** Band of the file, from 0. */
  readonly index: number;
  /** Red, green or blue (0, 1, 2) of the colour map that the stored value points into. */
  readonly colour: 0 | 1 | 2 | undefined;
  readonly scale: number;
  readonly offset: number;
  readonly nodata: number | undefined;
}

const colours = ["red", "green", "blue"] as const;
const roles: ReadonlySet<string> = new Set(["blue", "green", "red", "nir", "swir1", "swir2"]);

/** The band that becomes the mask; none where the sensor's table needs it as a band. */
export function alphaBand({ image, alpha }: Page, { sensor }: GeotiffOptions): number | undefined {
  const orders: readonly (readonly string[])[] = sensor === null ? [] : sensors[sensor].orders;
  return orders.some(({ length }) => length === image.samples) ? undefined : alpha;
}

/** Whether stored values are numbers of colours. */
export function isPalette({ image }: Page): boolean {
  return (
    image.photometric === 3 &&
    image.samples === 1 &&
    image.colorMap !== undefined &&
    image.colorMap.length >= 3 * 2 ** image.bits
  );
}

/**
 * The bands of one file, without alpha.
 *
 * @param given the band's name in the file's own name, for one file a band
 */
export function bandsOfPage(page: Page, part: number, given: string | undefined, options: GeotiffOptions): Band[] {
  const sensor: Sensor | undefined = options.sensor === null ? undefined : sensors[options.sensor];
  const alpha = alphaBand(page, options);
  const data = Array.from({ length: page.image.samples }, (_, index) => index).filter((index) => index !== alpha);
  const order = sensor?.orders.find(({ length }) => length === data.length);
  const isColour = [2, 6].includes(page.image.photometric) && data.length >= 3;
  const nodata =
    options.nodata === "none"
      ? undefined
      : options.nodata === "file"
        ? (page.image.nodata ?? sensor?.nodata)
        : options.nodata;
  if (isPalette(page)) {
    return colours.map((name, colour) => ({
      ...plain(name, part, 0),
      colour: colour as 0 | 1 | 2,
      nodata: options.nodata === "file" ? page.image.nodata : nodata,
    }));
  }
  return data.map((index, i) => {
    const own = page.metadata[index] ?? {};
    const colour = colours.find((known) => known === own.colour) ?? (isColour && i < 3 ? colours[i] : undefined);
    const name =
      (data.length === 1 ? given : undefined) ?? own.name ?? order?.[i] ?? colour ?? given ?? `band${index + 1}`;
    const known = sensor?.bands.find(({ aliases }) => aliases.includes(name.toLowerCase()));
    return {
      ...plain(known?.name ?? name, part, index),
      aliases: known?.aliases ?? [],
      ...(known?.role !== undefined && { role: known.role }),
      ...scalingOf(own, page, sensor, options),
      nodata,
    };
  });
}

function plain(name: string, part: number, index: number): Band {
  const role = roles.has(name.toLowerCase()) ? (name.toLowerCase() as BandRole) : undefined;
  return { name, aliases: [], role, part, index, colour: undefined, scale: 1, offset: 0, nodata: undefined };
}

// the option before the file's tags, and these before the sensor's table, which is for integers as delivered
function scalingOf(
  own: BandMetadata,
  { image }: Page,
  sensor: Sensor | undefined,
  options: GeotiffOptions,
): { scale: number; offset: number } {
  const tagged = (own.scale ?? 1) !== 1 || (own.offset ?? 0) !== 0;
  const table = sensor !== undefined && !tagged && image.format !== "float" ? sensor : { scale: 1, offset: 0 };
  return { scale: options.scale ?? own.scale ?? table.scale, offset: options.offset ?? own.offset ?? table.offset };
}

/** The bands that become channels, and those that the spectral indices need besides. */
export interface Selection {
  readonly channels: readonly Band[];
  readonly indices: readonly { readonly name: string; readonly a: Band; readonly b: Band }[];
  /** All that must be read, each once; channels come first. */
  readonly read: readonly Band[];
}

/**
 * Chooses bands as the options say.
 *
 * @throws LejepaError E_DATA for a band that the scene does not have
 */
export function selectBands(bands: readonly Band[], options: GeotiffOptions, where: string): Selection {
  const channels = options.bands === null ? bands : options.bands.map((wanted) => find(bands, wanted, where));
  const byRole = (role: BandRole, index: string): Band => {
    const found = bands.find((band) => band.role === role);
    if (found !== undefined) return found;
    throw new LejepaError({
      code: "E_DATA",
      where,
      expected: `a band ${role} for ${index}`,
      got: bands.map(({ name }) => name).join(", "),
      hint: "Give the sensor, or files whose bands are named.",
    });
  };
  const indices = options.indices.map((name) => {
    const [a, b] = spectralIndices[name];
    return { name, a: byRole(a, name), b: byRole(b, name) };
  });
  const read = [...new Set([...channels, ...indices.flatMap(({ a, b }) => [a, b])])];
  return { channels, indices, read };
}

function find(bands: readonly Band[], wanted: string | number, where: string): Band {
  const key = String(wanted).toLowerCase();
  const found =
    typeof wanted === "number"
      ? bands[wanted - 1]
      : (bands.find(({ name }) => name.toLowerCase() === key) ??
        bands.find(({ aliases, role }) => aliases.includes(key) || role === key));
  if (found !== undefined) return found;
  const names = bands.map(({ name }) => name);
  const similar = typeof wanted === "string" ? nearest(wanted, names) : undefined;
  throw new LejepaError({
    code: "E_DATA",
    where,
    expected: `a band ${JSON.stringify(wanted)}`,
    got: `${names.length === 1 ? "the band" : `${names.length} bands,`} ${names.join(", ")}`,
    hint:
      similar === undefined ? "Choose among these with the option bands." : `Did you mean ${JSON.stringify(similar)}?`,
  });
}

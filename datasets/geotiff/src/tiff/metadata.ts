/**
 * What GDAL's metadata (tag 42112) say of the bands: description, scale and offset, colour. No other item of it is looked at.
 */
import type { GeoTIFFImage } from "geotiff";

/** What is said of one band. */
export interface BandMetadata {
  readonly name?: string;
  readonly scale?: number;
  readonly offset?: number;
  /** GDAL's word, lower case: `red`, `alpha`, `undefined`. */
  readonly colour?: string;
}

const longestName = 40;

/** Reads the metadata of each band; damaged ones count as none. */
export async function bandMetadataOf(geo: GeoTIFFImage, samples: number): Promise<readonly BandMetadata[]> {
  if (!geo.fileDirectory.hasTag("GDAL_METADATA")) return Array.from({ length: samples }, () => ({}));
  return Promise.all(
    Array.from({ length: samples }, async (_, index) => describe(await geo.getGDALMetadata(index).catch(() => null))),
  );
}

function describe(found: Readonly<Record<string, unknown>> | null): BandMetadata {
  // GDAL escapes twice
  const text = (key: string): string => unescape(unescape(String(found?.[key] ?? ""))).trim();
  const number = (key: string): number | undefined => {
    const value = text(key) === "" ? Number.NaN : Number(text(key));
    return Number.isFinite(value) ? value : undefined;
  };
  const [name, scale, offset, colour] = [
    text("DESCRIPTION"),
    number("SCALE"),
    number("OFFSET"),
    text("COLORINTERP").toLowerCase(),
  ];
  return {
    ...(name !== "" && name.length <= longestName && { name }),
    ...(scale !== undefined && { scale }),
    ...(offset !== undefined && { offset }),
    ...(colour !== "" && { colour }),
  };
}

function unescape(text: string): string {
  return text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&apos;", "'")
    .replaceAll("&amp;", "&");
}

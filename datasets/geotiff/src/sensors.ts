/**
 * What is known of common sensors: names of bands, how digital numbers become physical values, and the range that is worth
 * looking at. A file's own scale and offset tags go before these.
 */

/** Part of the spectrum, as the spectral indices ask for it. */
export type BandRole = "blue" | "green" | "red" | "nir" | "swir1" | "swir2";

/** One band of a sensor. */
export interface SensorBand {
  readonly name: string;
  /** Other names that files use, lower case. */
  readonly aliases: readonly string[];
  readonly role?: BandRole;
}

/** A sensor. */
export interface Sensor {
  readonly bands: readonly SensorBand[];
  /** Names of the bands of a file with as many bands and no names, in order. */
  readonly orders: readonly (readonly string[])[];
  /** value = stored * scale + offset for integer files. */
  readonly scale: number;
  readonly offset: number;
  /** Stored value of pixels without data, when the file declares none. */
  readonly nodata?: number;
  /** Physical values shown as black and white. */
  readonly range: readonly [number, number];
  /** What the user must know. */
  readonly warning?: string;
}

const band = (name: string, aliases: readonly string[] = [], role?: BandRole): SensorBand => ({
  name,
  aliases: [name.toLowerCase(), ...aliases],
  ...(role !== undefined && { role }),
});

/**
 * Sentinel-1 ground range detected: backscatter in decibels, -25 to 0 over land and water. (Torres et al. 2012, "GMES
 * Sentinel-1 mission"; ESA's product specification S1-RS-MDA-52-7441.) Files in linear power need `decibels: true`.
 */
const sentinel1: Sensor = {
  bands: [band("VV"), band("VH"), band("HH"), band("HV")],
  orders: [["VV", "VH"]],
  scale: 1,
  offset: 0,
  range: [-25, 0],
};

/**
 * Sentinel-2 MSI, reflectance = (DN + RADIO_ADD_OFFSET) / 10000, DN 0 = no data (Sentinel-2 Products Specification Document,
 * S2-PDGS-TAS-DI-PSD, issue 14.9, and ESA's note on processing baseline 04.00). The offset, -1000 from that baseline on, is
 * not in the pixels' file: it is left to the option.
 */
const sentinel2: Sensor = {
  bands: [
    band("B01", ["b1", "coastal"]),
    band("B02", ["b2", "blue"], "blue"),
    band("B03", ["b3", "green"], "green"),
    band("B04", ["b4", "red"], "red"),
    band("B05", ["b5", "rededge1"]),
    band("B06", ["b6", "rededge2"]),
    band("B07", ["b7", "rededge3"]),
    band("B08", ["b8", "nir"], "nir"),
    band("B8A", ["nir08", "b08a"]),
    band("B09", ["b9", "nir09"]),
    band("B10", ["cirrus"]),
    band("B11", ["swir16", "swir1"], "swir1"),
    band("B12", ["swir22", "swir2"], "swir2"),
  ],
  orders: [
    ["B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12"],
    ["B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12"],
    ["B02", "B03", "B04", "B08"],
  ],
  scale: 1e-4,
  offset: 0,
  nodata: 0,
  range: [0, 0.4],
  warning:
    "sentinel-2: products of processing baseline 04.00 and later (from 25 January 2022) carry 1000 on top of the reflectance: set offset to -0.1 for them",
};

/**
 * Landsat 8 and 9 OLI, Collection 2 Level 2 surface reflectance = DN * 0.0000275 - 0.2, fill value 0 (USGS LSDS-1619,
 * Landsat 8-9 Collection 2 Level 2 Science Product Guide, table 6-1).
 */
const landsat: Sensor = {
  bands: [
    band("B1", ["sr_b1", "coastal"]),
    band("B2", ["sr_b2", "blue"], "blue"),
    band("B3", ["sr_b3", "green"], "green"),
    band("B4", ["sr_b4", "red"], "red"),
    band("B5", ["sr_b5", "nir", "nir08"], "nir"),
    band("B6", ["sr_b6", "swir16", "swir1"], "swir1"),
    band("B7", ["sr_b7", "swir22", "swir2"], "swir2"),
  ],
  orders: [
    ["B1", "B2", "B3", "B4", "B5", "B6", "B7"],
    ["B2", "B3", "B4", "B5", "B6", "B7"],
  ],
  scale: 2.75e-5,
  offset: -0.2,
  nodata: 0,
  range: [0, 0.4],
};

/** NAIP aerial photographs: four bands of 8 bits, not calibrated (USDA, NAIP information sheet). */
const naip: Sensor = {
  bands: [
    band("red", ["r"], "red"),
    band("green", ["g"], "green"),
    band("blue", ["b"], "blue"),
    band("nir", ["n"], "nir"),
  ],
  orders: [
    ["red", "green", "blue", "nir"],
    ["red", "green", "blue"],
  ],
  scale: 1,
  offset: 0,
  range: [0, 255],
};

/**
 * PlanetScope surface reflectance (ortho_analytic_4b_sr and _8b_sr): reflectance = DN / 10000, DN 0 = no data (Planet, PlanetScope
 * product specification, section 4).
 */
const planetscope: Sensor = {
  bands: [
    band("coastal_blue"),
    band("blue", [], "blue"),
    band("green_i", ["greeni"]),
    band("green", [], "green"),
    band("yellow"),
    band("red", [], "red"),
    band("rededge"),
    band("nir", [], "nir"),
  ],
  orders: [
    ["blue", "green", "red", "nir"],
    ["coastal_blue", "blue", "green_i", "green", "yellow", "red", "rededge", "nir"],
  ],
  scale: 1e-4,
  offset: 0,
  nodata: 0,
  range: [0, 0.4],
};

/** The sensors by the name of the option. */
export const sensors = {
  "sentinel-1": sentinel1,
  "sentinel-2": sentinel2,
  "landsat-8-9": landsat,
  naip,
  planetscope,
} as const satisfies Readonly<Record<string, Sensor>>;

/** Names of the sensors. */
export const sensorNames = Object.keys(sensors) as [keyof typeof sensors, ...(keyof typeof sensors)[]];

/** Wavelengths of bands by their names: colours in words, Sentinel-2's and Landsat's numbers. No calibration, no pixels. */

// centres, micrometres; of words those of Sentinel-2, whose bands most files have
const words: Readonly<Record<string, number>> = {
  coastal: 0.443,
  coastal_blue: 0.443,
  blue: 0.49,
  green_i: 0.531,
  green: 0.56,
  yellow: 0.61,
  red: 0.665,
  rededge: 0.705,
  rededge1: 0.705,
  rededge2: 0.74,
  rededge3: 0.783,
  nir: 0.842,
  nir08: 0.865,
  nir09: 0.945,
  cirrus: 1.375,
  swir1: 1.61,
  swir16: 1.61,
  swir2: 2.19,
  swir22: 2.19,
};

// Sentinel-2 MSI (ESA, S2-PDGS-TAS-DI-PSD)
const sentinel2: Readonly<Record<string, number>> = {
  b01: 0.443,
  b02: 0.49,
  b03: 0.56,
  b04: 0.665,
  b05: 0.705,
  b06: 0.74,
  b07: 0.783,
  b08: 0.842,
  b8a: 0.865,
  b09: 0.945,
  b10: 1.375,
  b11: 1.61,
  b12: 2.19,
};

// Landsat 8 and 9 OLI and TIRS (USGS LSDS-1574); one digit and no zero before it
const landsat: Readonly<Record<string, number>> = {
  b1: 0.443,
  b2: 0.482,
  b3: 0.561,
  b4: 0.655,
  b5: 0.865,
  b6: 1.609,
  b7: 2.201,
  b8: 0.59,
  b9: 1.373,
  b10: 10.9,
  b11: 12,
};

/**
 * Centre wavelengths in micrometres; undefined for a name that says nothing. `B10` and `B11` are Landsat's beside names such as `B2`,
 * else Sentinel-2's.
 */
export function wavelengthsOf(names: readonly string[]): (number | undefined)[] {
  const plain = names.map((name) => name.toLowerCase().replace(/^sr_/, ""));
  const numbered = plain.some((name) => /^b\d$/.test(name)) ? { ...sentinel2, ...landsat } : sentinel2;
  const known: Readonly<Record<string, number>> = { ...words, ...numbered };
  return plain.map((name) => (Object.hasOwn(known, name) ? known[name] : undefined));
}

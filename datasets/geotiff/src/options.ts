/**
 * The options of the GeoTIFF dataset.
 */
import { z } from "zod";
import { indexNames } from "./spectral-indices.ts";
import { sensorNames } from "./sensors.ts";

const text = z.string().min(1);
const pixels = z.int().min(8).max(65_536);

const chips = z
  .strictObject({
    size: z
      .union([pixels, z.literal("whole")])
      .default(256)
      .describe("Width and height of a chip in pixels of the scene; whole: every scene is one item."),
    sampling: z.enum(["grid", "random"]).default("grid").describe("Where chips lie."),
    stride: z
      .int()
      .min(1)
      .nullable()
      .default(null)
      .describe("Pixels from one chip of the grid to the next; null: the size, no overlap."),
    count: z
      .int()
      .min(1)
      .nullable()
      .default(null)
      .describe("Most chips of one scene; null: the whole grid, or as many random ones as fit side by side."),
    total: z.int().min(1).nullable().default(null).describe("Most chips in all, shared out by area."),
    minValid: z
      .number()
      .min(0)
      .max(1)
      .default(0.9)
      .describe("Chips with a smaller share of valid pixels are left out."),
    seed: z.int().min(0).default(0).describe("Seed of what is random."),
  })
  .prefault({})
  .describe("Windows of a scene that become items. A scene of at most twice the size in both directions is one item.");

const columns = z
  .strictObject({
    path: text.default("path").describe("Column with the path of a file (with `pattern`: the name of a scene)."),
    label: text.default("label").describe("Column with the class."),
    group: text.nullable().default(null).describe("Column with the group; replaces `blocks`."),
    split: text.nullable().default(null).describe("Column with train, validation or test."),
  })
  .prefault({})
  .describe("Names of the columns of the CSV file.");

const labelRaster = z
  .strictObject({
    path: text.describe(
      "A raster of classes in the scenes' coordinate system; `{scene}` stands for the scene's name without extension.",
    ),
    band: z.int().min(1).default(1).describe("Band with the classes, from 1."),
    classes: z
      .record(z.string(), text)
      .default({})
      .describe('Class names by value: { "1": "water" }. Empty: the values themselves.'),
    ignore: z.array(z.number()).default([]).describe("Values that are no class; the raster's nodata value never is."),
    minShare: z
      .number()
      .min(0)
      .max(1)
      .default(0)
      .describe("Smallest share of a chip that its class must cover; below, the chip has no label."),
  })
  .nullable()
  .default(null)
  .describe("Labels from a raster: the most frequent class within the chip.");

/** zod schema of the options; each key says what it does. */
export const geotiffOptions = z.strictObject({
  path: text.describe("A folder of TIFF files, one file, or an http(s) URL of a file whose server answers to ranges."),
  chips,
  bands: z
    .array(z.union([text, z.int().min(1)]))
    .min(1)
    .nullable()
    .default(null)
    .describe("Bands by name or by number from 1, in the order wanted; null: all but alpha."),
  sensor: z.enum(sensorNames).nullable().default(null).describe("Band names, scale and typical range of a sensor."),
  indices: z.array(z.enum(indexNames)).default([]).describe("Spectral indices appended as channels."),
  pattern: text
    .refine(isPattern, { error: "a regular expression with the named groups (?<scene>...) and (?<band>...)" })
    .nullable()
    .default(null)
    .describe("One file a band: a regular expression on the path below the folder that names scene and band."),
  scale: z
    .number()
    .nullable()
    .default(null)
    .describe("value = stored * scale + offset, instead of the file's or the sensor's."),
  offset: z.number().nullable().default(null).describe("See scale."),
  decibels: z
    .boolean()
    .default(false)
    .describe("10 log10 of the values, for radar backscatter in linear power; values of 0 and less are masked."),
  nodata: z
    .union([z.literal("file"), z.literal("none"), z.number()])
    .default("file")
    .describe("The stored value that means no data: the file's, none, or a number."),
  invalid: z
    .enum(["auto", "any", "all"])
    .default("auto")
    .describe(
      "A pixel is masked when any or all of its bands are nodata; auto: all for 8 bits, where nodata often also is a colour, else any.",
    ),
  blocks: z
    .union([
      z.enum(["auto", "scene", "none"]),
      z.strictObject({
        size: z.number().positive().describe("Side of a block."),
        unit: z
          .enum(["crs", "km", "pixels"])
          .default("crs")
          .describe("Units of the coordinate system, kilometres, or pixels."),
      }),
    ])
    .default("auto")
    .describe(
      "Chips of one block never end up in different splits. auto: the scene when there are 10 or more that do not overlap, else blocks of an eighth of a scene.",
    ),
  label: z
    .enum(["folder", "top-folder", "none"])
    .default("folder")
    .describe("Class of an item: the folder its file lies in, the topmost one, or none."),
  labels: text
    .nullable()
    .default(null)
    .describe("A CSV file (relative to the folder) of files and their classes; replaces `label`."),
  columns,
  labelRaster,
  fit: z.enum(["crop", "squash", "pad"]).default("crop").describe("How an item that is no square becomes one."),
  cacheMegabytes: z
    .int()
    .min(1)
    .max(65_536)
    .default(96)
    .describe("Memory for decoded tiles, of each thread or process that decodes."),
});

/** The options after defaults. */
export type GeotiffOptions = typeof geotiffOptions._zod.output;

function isPattern(pattern: string): boolean {
  try {
    return new RegExp(pattern).source.includes("(?<scene>") && pattern.includes("(?<band>");
  } catch {
    return false;
  }
}

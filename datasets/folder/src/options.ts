/**
 * The options of the folder dataset.
 */
import { z } from "zod";

const columnName = z.string().min(1).optional();

const columns = z
  .strictObject({
    path: columnName.describe("Column of `labels` with the image's path below the folder; default `path`."),
    label: columnName.describe(
      "Column with the class; default `label`. Of shards: a sidecar (`cls`, `txt`) or a key of the json one.",
    ),
    group: columnName.describe("Column with the group; default `group`, if there is one."),
    split: columnName.describe("Column with train, validation or test; default `split`, if there is one."),
    image: columnName.describe(
      "Column of a Parquet file with the images; default the only one with bytes. Of shards: an extension.",
    ),
  })
  .prefault({})
  .describe("Names of the columns of a table.");

/** zod schema of the options; each key says what it does. */
export const folderOptions = z
  .strictObject({
    path: z
      .string()
      .min(1)
      .describe(
        "A folder; or a .parquet or .tar file, or several as `shard-{000..009}.tar`; from the working directory.",
      ),
    format: z
      .enum(["auto", "images", "parquet", "webdataset"])
      .default("auto")
      .describe("What holds the images; auto: by the extension; in a folder images, else Parquet files, else shards."),
    label: z
      .enum(["folder", "top-folder", "none"])
      .default("folder")
      .describe(
        "Class of an image: the folder it lies in, the topmost folder it lies in (below a split folder), or none.",
      ),
    labels: z
      .string()
      .min(1)
      .nullable()
      .default(null)
      .describe(
        "A CSV or .parquet file (relative to the folder) that lists the images with their classes; replaces `label`.",
      ),
    columns,
    group: z
      .enum(["folder", "none"])
      .default("none")
      .describe("`folder`: images of one folder stay in one split. For class/patient/image, with label `top-folder`."),
    splits: z
      .enum(["folder", "none"])
      .default("folder")
      .describe(
        "`folder`: when every top folder (or Parquet file, or shard) is called train, val(idation) or test, these are the splits.",
      ),
    fit: z
      .enum(["crop", "squash", "pad"])
      .default("crop")
      .describe("How an image becomes a square: centre crop of the short side, change of aspect, or black bars."),
    background: z.enum(["black", "white"]).default("black").describe("What shows through transparent pixels."),
    bitDepth: z
      .union([z.literal("auto"), z.literal(8), z.literal(16)])
      .default("auto")
      .describe("Bits of a stored value; auto: 16 if any of 256 PNG and TIFF files looked at has 16, else 8."),
  })
  .refine(({ label, labels, group }) => group === "none" || label !== "folder" || labels !== null, {
    path: ["group"],
    error: "`none` when the folder is the class (every class would be one group)",
  });

/** The options after defaults. */
export type FolderOptions = typeof folderOptions._zod.output;

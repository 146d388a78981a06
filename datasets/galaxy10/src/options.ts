/**
 * The options of the galaxy10 dataset.
 */
import { z } from "zod";

/** zod schema of the options; each key says what it does. */
export const galaxy10Options = z
  .strictObject({
    path: z
      .string()
      .min(1)
      .nullable()
      .default(null)
      .describe("The HDF5 file, or the folder that an official file lies in; none: the downloaded file."),
    variant: z
      .enum(["auto", "decals", "sdss"])
      .default("auto")
      .describe("Which Galaxy10; auto: by the shape of the images, and any other HDF5 file of the same layout."),
    download: z
      .boolean()
      .default(false)
      .describe(
        "Fetch the official file of `variant` into the cache (DECaLS 2.5 GB, SDSS 210 MB) when `path` is not given.",
      ),
    verify: z.boolean().default(false).describe("Compare the file's SHA-256 with the official one before it is used."),
    images: z.string().min(1).default("images").describe("Dataset with the images: N x H x W, or N x H x W x bands."),
    labels: z
      .string()
      .min(1)
      .nullable()
      .default("ans")
      .describe("Dataset with a class number or name for each image; null: unlabelled."),
    classes: z
      .array(z.string().min(1))
      .min(1)
      .nullable()
      .default(null)
      .describe("Class names by number, for files other than the official ones; default `class 0`, `class 1`, ..."),
    duplicates: z
      .number()
      .min(0)
      .max(3600)
      .default(5)
      .describe("Images whose centres (ra, dec) are closer than this many arcseconds stay in one split; 0: no matter."),
    fit: z
      .enum(["crop", "squash", "pad"])
      .default("crop")
      .describe("How an image that is no square becomes one: centre crop, change of aspect, or invalid bars."),
  })
  .refine(({ download, path }) => !download || path === null, {
    path: ["download"],
    error: "false where `path` names a file (a download goes into the cache)",
  })
  .refine(({ classes, variant }) => classes === null || variant === "auto", {
    path: ["classes"],
    error: "null for an official variant, whose classes are known",
  });

/** The options after defaults. */
export type Galaxy10Options = typeof galaxy10Options._zod.output;

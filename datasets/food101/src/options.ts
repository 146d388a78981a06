/**
 * The options of the food101 dataset.
 */
import { z } from "zod";

/** zod schema of the options; each key says what it does. */
export const food101Options = z
  .strictObject({
    path: z
      .string()
      .min(1)
      .nullable()
      .default(null)
      .describe("The archive food-101.tar.gz, or the folder food-101 unpacked from it; none: the downloaded archive."),
    download: z
      .boolean()
      .default(false)
      .describe("Fetch the official archive (5 GB) into the cache when `path` is not given."),
    verify: z
      .boolean()
      .default(true)
      .describe("Compare the MD5 of an archive with the official one while it is unpacked; false for one of your own."),
    fit: z
      .enum(["crop", "squash", "pad"])
      .default("crop")
      .describe("How an image becomes a square: centre crop of the short side, change of aspect, or black bars."),
  })
  .refine(({ download, path }) => !download || path === null, {
    path: ["download"],
    error: "false where `path` names the archive or folder (a download goes into the cache)",
  });

/** The options after defaults. */
export type Food101Options = typeof food101Options._zod.output;

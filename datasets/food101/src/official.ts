/**
 * What is known of the official archive (data.vision.ee.ethz.ch; torchvision's loader has the same MD5).
 */
import type { UnpackLimits } from "@lejepa/archive";
import type { DownloadRequest } from "@lejepa/contracts";

/** Where the archive is and how it is known. */
export const official = {
  url: "http://data.vision.ee.ethz.ch/cvl/food-101.tar.gz",
  file: "food-101.tar.gz",
  digest: { algorithm: "md5", hex: "85eeb15f3717b99a5da872d97d918f87" },
} as const satisfies DownloadRequest;

/** The folder in the archive. */
export const topFolder = "food-101";

/** Three times what the archive holds: 101 000 images of at most 512 pixels, 5 GB. JPEGs hardly shrink further. */
export const limits: UnpackLimits = { entries: 300_000, entryBytes: 32 << 20, totalBytes: 15 * 2 ** 30, ratio: 20 };

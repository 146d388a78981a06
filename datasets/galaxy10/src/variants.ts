/**
 * The two official files: where they come from, how they are known, and what their class numbers mean. Facts only.
 *
 * Source: the documentation of astroNN (Galaxy10 DECaLS, Galaxy10 SDSS). Its loader's own table calls class 3 of DECaLS
 * "Smooth, Cigar shaped", which is class 4; the documentation is right.
 */
import type { DownloadRequest } from "@lejepa/contracts";

/** Name of an official file. */
export type VariantName = "decals" | "sdss";

/** One official file. */
export interface Variant {
  readonly title: string;
  readonly request: DownloadRequest & { readonly digest: { readonly algorithm: "sha256"; readonly hex: string } };
  /** In words: the exact size is part of the request where it is known. */
  readonly size: string;
  /** Images, rows, columns, bands. */
  readonly shape: readonly [number, number, number, number];
  /** Class names by number. */
  readonly classes: readonly string[];
}

/** The official files. */
export const variants: Readonly<Record<VariantName, Variant>> = {
  decals: {
    title: "Galaxy10 DECaLS",
    request: {
      url: "https://zenodo.org/records/10845026/files/Galaxy10_DECals.h5",
      file: "Galaxy10_DECals.h5",
      digest: { algorithm: "sha256", hex: "19aefc477c41bb7f77ff07599a6b82a038dc042f889a111b0d4d98bb755c1571" },
    },
    size: "2.5 GB",
    shape: [17736, 256, 256, 3],
    classes: [
      "Disturbed",
      "Merging",
      "Round Smooth",
      "In-between Round Smooth",
      "Cigar Shaped Smooth",
      "Barred Spiral",
      "Unbarred Tight Spiral",
      "Unbarred Loose Spiral",
      "Edge-on without Bulge",
      "Edge-on with Bulge",
    ],
  },
  sdss: {
    title: "Galaxy10 SDSS",
    request: {
      url: "https://zenodo.org/records/10844811/files/Galaxy10.h5",
      file: "Galaxy10.h5",
      bytes: 210_234_548,
      digest: { algorithm: "sha256", hex: "969a6b1cefcc36e09fffa86febd2f699a4aa19b837ba0427f01b0bc6ded458af" },
    },
    size: "210 MB",
    shape: [21785, 69, 69, 3],
    classes: [
      "Disk, Face-on, No Spiral",
      "Smooth, Completely Round",
      "Smooth, In-between Round",
      "Smooth, Cigar Shaped",
      "Disk, Edge-on, Rounded Bulge",
      "Disk, Edge-on, Boxy Bulge",
      "Disk, Edge-on, No Bulge",
      "Disk, Face-on, Tight Spiral",
      "Disk, Face-on, Medium Spiral",
      "Disk, Face-on, Loose Spiral",
    ],
  },
};

/** Which official file has images of this shape. */
export function variantOfShape(shape: readonly number[]): VariantName | undefined {
  return (["decals", "sdss"] as const).find((name) =>
    variants[name].shape.every((length, axis) => length === shape[axis]),
  );
}

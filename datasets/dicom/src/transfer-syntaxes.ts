/**
 * The transfer syntaxes of DICOM (PS3.6 table A-1): what each is, and whether it is read. A table; nothing is decoded here.
 */
import type { FormatSupport } from "@lejepa/contracts";

/** How pixels are packed: not at all, or by which family of codecs. */
export type PixelCodec = "native" | "rle" | "jpeg" | "jpeg-ls" | "j2k" | "htj2k";

/** One transfer syntax that is read. */
export interface TransferSyntax {
  readonly uid: string;
  /** The standard's name. */
  readonly name: string;
  readonly implicit: boolean;
  readonly bigEndian: boolean;
  /** The data set itself is deflated. */
  readonly deflated: boolean;
  readonly codec: PixelCodec;
  /** Pixels may differ from what was encoded. */
  readonly lossy: boolean;
}

const root = "1.2.840.10008.1.2";

const read: readonly (readonly [suffix: string, name: string, codec: PixelCodec, lossy?: "lossy"])[] = [
  ["", "Implicit VR Little Endian", "native"],
  [".1", "Explicit VR Little Endian", "native"],
  [".1.99", "Deflated Explicit VR Little Endian", "native"],
  [".2", "Explicit VR Big Endian", "native"],
  [".5", "RLE Lossless", "rle"],
  [".4.50", "JPEG Baseline (Process 1)", "jpeg", "lossy"],
  [".4.51", "JPEG Extended (Process 2 and 4)", "jpeg", "lossy"],
  [".4.57", "JPEG Lossless, Non-Hierarchical (Process 14)", "jpeg"],
  [".4.70", "JPEG Lossless, Non-Hierarchical, First-Order Prediction (Process 14, Selection Value 1)", "jpeg"],
  [".4.80", "JPEG-LS Lossless Image Compression", "jpeg-ls"],
  [".4.81", "JPEG-LS Lossy (Near-Lossless) Image Compression", "jpeg-ls", "lossy"],
  [".4.90", "JPEG 2000 Image Compression (Lossless Only)", "j2k"],
  [".4.91", "JPEG 2000 Image Compression", "j2k", "lossy"],
  [".4.201", "High-Throughput JPEG 2000 Image Compression (Lossless Only)", "htj2k"],
  [".4.202", "High-Throughput JPEG 2000 with RPCL Options Image Compression (Lossless Only)", "htj2k"],
  [".4.203", "High-Throughput JPEG 2000 Image Compression", "htj2k", "lossy"],
];

const video = "video; its frames are not decoded";
const retired = "retired JPEG process that no maintained decoder reads";

const refused: readonly (readonly [suffix: string, name: string, why: string])[] = [
  [".1.98", "Encapsulated Uncompressed Explicit VR Little Endian", "uncompressed fragments are not read"],
  [".4.52", "JPEG Extended (Process 3 and 5)", retired],
  [".4.53", "JPEG Spectral Selection, Non-Hierarchical (Process 6 and 8)", retired],
  [".4.54", "JPEG Spectral Selection, Non-Hierarchical (Process 7 and 9)", retired],
  [".4.55", "JPEG Full Progression, Non-Hierarchical (Process 10 and 12)", retired],
  [".4.56", "JPEG Full Progression, Non-Hierarchical (Process 11 and 13)", retired],
  [".4.58", "JPEG Lossless, Non-Hierarchical (Process 15)", retired],
  [".4.92", "JPEG 2000 Part 2 Multi-component Image Compression (Lossless Only)", "no decoder for Part 2"],
  [".4.93", "JPEG 2000 Part 2 Multi-component Image Compression", "no decoder for Part 2"],
  [".4.94", "JPIP Referenced", "the pixels are on a server, not in the file"],
  [".4.95", "JPIP Referenced Deflate", "the pixels are on a server, not in the file"],
  [".4.100", "MPEG2 Main Profile / Main Level", video],
  [".4.101", "MPEG2 Main Profile / High Level", video],
  [".4.102", "MPEG-4 AVC/H.264 High Profile / Level 4.1", video],
  [".4.103", "MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1", video],
  [".4.104", "MPEG-4 AVC/H.264 High Profile / Level 4.2 For 2D Video", video],
  [".4.105", "MPEG-4 AVC/H.264 High Profile / Level 4.2 For 3D Video", video],
  [".4.106", "MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2", video],
  [".4.107", "HEVC/H.265 Main Profile / Level 5.1", video],
  [".4.108", "HEVC/H.265 Main 10 Profile / Level 5.1", video],
  [".4.110", "JPEG XL Lossless", "not tested against a reference"],
  [".4.111", "JPEG XL JPEG Recompression", "not tested against a reference"],
  [".4.112", "JPEG XL", "not tested against a reference"],
  [".4.204", "JPIP HTJ2K Referenced", "the pixels are on a server, not in the file"],
  [".4.205", "JPIP HTJ2K Referenced Deflate", "the pixels are on a server, not in the file"],
  [".8.1", "Deflated Image Frame Compression", "no file to test it with"],
];

const bySuffix = new Map(
  read.map(([suffix, name, codec, lossy]): [string, TransferSyntax] => [
    `${root}${suffix}`,
    {
      uid: `${root}${suffix}`,
      name,
      implicit: suffix === "",
      bigEndian: suffix === ".2",
      deflated: suffix === ".1.99",
      codec,
      lossy: lossy === "lossy",
    },
  ]),
);

/** The transfer syntax of a UID, if it is read. */
export function transferSyntax(uid: string): TransferSyntax | undefined {
  return bySuffix.get(uid);
}

/** `1.2.840.10008.1.2.4.100 (MPEG2 Main Profile / Main Level): video; ...`; no text of the file. */
export function describeRefused(uid: string): string {
  const known = refused.find(([suffix]) => `${root}${suffix}` === uid);
  if (known !== undefined) return `${uid} (${known[1]}) is not supported: ${known[2]}`;
  // a UID outside of the standard's root may name an institution
  if (/^1\.2\.840\.10008(\.\d{1,5}){1,8}$/.test(uid)) return `${uid} (not a name of PS3.6) is not supported`;
  return "a private one is not supported";
}

const decoders: Readonly<Record<PixelCodec, string>> = {
  native: "this plugin",
  rle: "dcmjs-codecs",
  jpeg: "dcmjs-codecs (libjpeg)",
  "jpeg-ls": "@cornerstonejs/codec-charls (CharLS)",
  j2k: "dcmjs-codecs (OpenJPEG)",
  htj2k: "dcmjs-codecs (OpenJPH)",
};

/** What `lejepa doctor` shows. */
export const formats: readonly FormatSupport[] = [
  ...read.map(([suffix, name, codec]) => ({
    name,
    id: `${root}${suffix}`,
    supported: true,
    by: suffix === ".1.99" ? "Node's zlib" : decoders[codec],
  })),
  ...refused.map(([suffix, name, why]) => ({ name, id: `${root}${suffix}`, supported: false, by: why })),
];

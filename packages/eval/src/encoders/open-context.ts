// What opening an encoder needs to know of the comparison it takes part in, and the parts that all kinds share. Nothing is
// opened here.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { LejepaError } from "@lejepa/contracts";
import { type ImageStore, valueRange } from "@lejepa/data";
import type { Engine } from "@lejepa/engine";
import type { ChannelPolicy, TrainingImages } from "./channels.ts";
import type { LoadedEncoder } from "./load-encoder.ts";

/** What `openEncoder` needs. */
export interface OpenContext {
  readonly engine: Engine;
  /** The images that are compared on, and the rows of them that may be learned from. */
  readonly images: { readonly store: ImageStore; readonly train: Uint32Array };
  /** Where features and fetched baselines are kept; undefined: features are not kept, and no baseline can be opened. */
  readonly cacheDir?: string | undefined;
  /** For encoders of another number of channels. */
  readonly channels?: ChannelPolicy | undefined;
  /** What `random` has the architecture and the input of. */
  readonly like?: Pick<LoadedEncoder, "spec" | "image"> | undefined;
  /** Of `random`; default 0. */
  readonly seed?: number | undefined;
  /** Images a run of the network; default 32. */
  readonly batchSize?: number | undefined;
  /** Threads of an ONNX model's operators. */
  readonly threads?: number | undefined;
}

/** The training images with the values that are black and white. */
export function trainingImages({ images: { store, train } }: OpenContext): TrainingImages {
  return { store, rows: train, range: store.range ?? valueRange(store, train) };
}

/** Digest of a value's JSON. */
export const digestOf = (value: unknown): string =>
  createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 32);

/**
 * SHA-256 of a file, hexadecimal.
 *
 * @throws LejepaError E_IO when it cannot be read
 */
export async function fileDigest(file: string): Promise<string> {
  const hash = createHash("sha256");
  try {
    for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  } catch (cause) {
    throw new LejepaError({ code: "E_IO", where: file, problem: `cannot be read: ${(cause as Error).message}`, cause });
  }
  return hash.digest("hex");
}

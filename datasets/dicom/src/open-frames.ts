/**
 * Opens files to read frames from, and remembers the last few headers: the frames of one file are read one after the other,
 * and the header of a large enhanced object takes longer to parse than a frame to decode.
 */
import type { ImageAttributes } from "./image-attributes.ts";
import type { FramePlace } from "./index-types.ts";
import { openSource } from "./open-source.ts";
import { readHeader, type DicomHeader } from "./read-header.ts";
import { preparePixels, type PreparedPixels, type StoredFrame } from "./stored-frame.ts";
import type { ByteSource } from "./byte-source.ts";

/** An open file. */
export interface FileOfFrames {
  readonly header: DicomHeader;
  readonly image: ImageAttributes;
  /** One frame, from 0. Rejects with LejepaError E_DECODE. */
  frame(index: number): Promise<StoredFrame>;
  close(): Promise<void>;
}

interface Prepared {
  readonly header: DicomHeader;
  readonly pixels: PreparedPixels;
}

// as many as files are decoded at once, and one more
const remembered = 4;
const recent = new Map<string, Promise<Prepared>>();

/** Opens a file and reads its header. Rejects with LejepaError E_IO or E_DECODE. */
export async function openFrames(place: Omit<FramePlace, "frame">): Promise<FileOfFrames> {
  const source = await openSource(place);
  try {
    const { header, pixels } = await prepare(place, source);
    return {
      header,
      image: pixels.image,
      frame: (index) => pixels.frame(index, source),
      close: () => source.close(),
    };
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function prepare(place: Omit<FramePlace, "frame">, source: ByteSource): Promise<Prepared> {
  const key = JSON.stringify([place.path, place.entries, source.version]);
  const known = recent.get(key);
  if (known !== undefined) return known;
  const prepared = (async () => {
    const header = await readHeader(source);
    return { header, pixels: await preparePixels(header, source) };
  })();
  recent.set(key, prepared);
  for (const oldest of recent.keys()) if (recent.size > remembered) recent.delete(oldest);
  prepared.catch(() => recent.delete(key));
  return prepared;
}

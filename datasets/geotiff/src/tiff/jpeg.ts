/**
 * JPEG blocks of a TIFF file (supplement 2 of the specification): puts the shared tables before the block's own data and
 * says by a marker which colours it holds, then lets libjpeg (through sharp) decode. Numbers of components that sharp
 * does not know go through geotiff's decoder. 8 bits a sample only.
 */
import { getDecoder } from "geotiff";
import type { Block } from "./decompress.ts";
import { loadSharp } from "./load.ts";
import type { TiffImage } from "./image.ts";
import { unreadable } from "./problem.ts";

const ycbcr = 6;

/** What the frame header of a JPEG stream says. */
interface Frame {
  readonly precision: number;
  readonly width: number;
  readonly height: number;
  readonly components: number;
  /** Where its marker starts. */
  readonly at: number;
  readonly hasAdobe: boolean;
}

/** Decodes a block to interleaved bytes: RGB for YCbCr images, the components as they are for all others. */
export async function decodeJpeg(bytes: Uint8Array, { image, rows }: Block): Promise<Uint8Array> {
  const frame = frameOf(bytes);
  const samples = image.planar ? 1 : image.samples;
  if (frame === undefined) throw new RangeError("no JPEG frame");
  if (frame.precision !== 8) throw unreadable(image.name, `JPEG with ${frame.precision} bits is not supported`);
  // edges may be whole units of 16 pixels
  if (frame.components !== samples || frame.width < image.blockWidth || frame.height < rows)
    throw new RangeError("JPEG of another size");
  if (frame.width > image.blockWidth + 64 || frame.height > image.blockHeight + 64)
    throw new RangeError("JPEG of another size");
  const data = [1, 3, 4].includes(samples)
    ? await withSharp(join(bytes, image, frame), samples)
    : await withGeotiff(bytes, image);
  return crop(data, frame, { image, rows });
}

async function withSharp(stream: Uint8Array, samples: number): Promise<Uint8Array> {
  const sharp = await loadSharp();
  const picture = sharp(stream, { failOn: "warning", ignoreIcc: true });
  if (samples === 3) return picture.raw().toBuffer();
  if (samples === 1) return picture.toColourspace("b-w").raw().toBuffer();
  // four components pass for ink, which libvips turns around
  const ink = await picture.pipelineColourspace("cmyk").toColourspace("cmyk").raw().toBuffer();
  return ink.map((value) => 255 - value);
}

async function withGeotiff(bytes: Uint8Array, image: TiffImage): Promise<Uint8Array> {
  const parameters = {
    tileWidth: image.blockWidth,
    tileHeight: image.blockHeight,
    predictor: 1,
    bitsPerSample: 8,
    planarConfiguration: image.planar ? 2 : 1,
    JPEGTables: image.jpegTables,
  };
  const decoder = await getDecoder(7, parameters);
  return new Uint8Array(await decoder.decode(bytes.slice().buffer));
}

// start, tables without their start and end, colours, the rest of the block
function join(bytes: Uint8Array, image: TiffImage, frame: Frame): Uint8Array {
  const tables = image.jpegTables;
  const middle = tables === undefined || tables.length < 4 ? new Uint8Array(0) : tables.subarray(2, endOf(tables));
  // Adobe's marker: 0 RGB, 1 YCbCr; libjpeg guesses from the components' names without it
  const transform = image.photometric === ycbcr ? 1 : 0;
  const marker =
    frame.components === 3 && !frame.hasAdobe
      ? [0xff, 0xee, 0, 14, 65, 100, 111, 98, 101, 0, 100, 0, 0, 0, 0, transform]
      : [];
  const joined = new Uint8Array(bytes.length + middle.length + marker.length);
  joined.set(bytes.subarray(0, 2));
  joined.set(middle, 2);
  joined.set(marker, 2 + middle.length);
  joined.set(bytes.subarray(2), 2 + middle.length + marker.length);
  return joined;
}

function endOf(tables: Uint8Array): number {
  const { length } = tables;
  return tables[length - 2] === 0xff && tables[length - 1] === 0xd9 ? length - 2 : length;
}

/** Finds the frame header, marker by marker; undefined when there is none before the pixels. */
function frameOf(bytes: Uint8Array): Frame | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4 || view.getUint16(0) !== 0xffd8) return undefined;
  let hasAdobe = false;
  for (let at = 2; at + 10 <= bytes.length; at += 2 + view.getUint16(at + 2)) {
    const marker = view.getUint16(at);
    if (marker === 0xffee) hasAdobe = true;
    if (marker === 0xffda || (marker & 0xff00) !== 0xff00) return undefined;
    // start of frame 0 to 15 without the tables and extensions between them
    if (marker >= 0xffc0 && marker <= 0xffcf && ![0xffc4, 0xffc8, 0xffcc].includes(marker)) {
      return {
        precision: view.getUint8(at + 4),
        height: view.getUint16(at + 5),
        width: view.getUint16(at + 7),
        components: view.getUint8(at + 9),
        at,
        hasAdobe,
      };
    }
  }
  return undefined;
}

function crop(data: Uint8Array, frame: Frame, { image, rows }: Block): Uint8Array {
  const row = frame.width * frame.components;
  if (data.length < rows * row) throw new RangeError("JPEG data of another size");
  if (frame.width === image.blockWidth) return data;
  const kept = image.blockWidth * frame.components;
  const out = new Uint8Array(rows * kept);
  for (let y = 0; y < rows; y++) out.set(data.subarray(y * row, y * row + kept), y * kept);
  return out;
}

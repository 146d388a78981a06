/**
 * Reads images out of the file. Chunks of HDF5 often span hundreds of images (h5py's default for Galaxy10 is 555 x 16 x 16 x
 * 1), so that one image costs as much as all of its chunks: these are read together once and kept until others are needed.
 */
import { stat } from "node:fs/promises";
import type { ImageRecord, PixelArray, PixelType, StoredArray } from "@lejepa/contracts";
import { withHdf5, type DatasetInfo, type Hdf5File } from "./hdf5.ts";

/** Where an image lies. */
export interface ImageSource {
  readonly path: string;
  /** Name of the dataset. */
  readonly images: string;
  readonly row: number;
  /** Arcseconds a pixel. */
  readonly scale?: number;
}

// images read ahead where chunks ask for nothing, and the most that is kept
const readAhead = 16 << 20;
const largestBlock = 160 << 20;

/** Types by what they become; other types cannot be stored without loss and are refused. */
const types: Readonly<Record<string, PixelType>> = {
  uint8: "uint8",
  uint16: "uint16",
  int8: "int16",
  int16: "int16",
  float32: "float32",
  float64: "float32",
};

/** Whether images of this type are read. */
export function isReadable(dtype: string): boolean {
  return Object.hasOwn(types, dtype);
}

interface Block {
  readonly key: string;
  readonly start: number;
  readonly end: number;
  readonly info: DatasetInfo;
  readonly data: StoredArray;
}

let block: Block | undefined;

/**
 * One image as it is stored, with a mask where values are not finite.
 *
 * @throws LejepaError E_DATA when the file is damaged; RangeError for a row or dataset that is not there
 */
export async function readImage({ path, images, row, scale }: ImageSource): Promise<ImageRecord> {
  const { size, mtimeMs } = await stat(path);
  const key = JSON.stringify([path, images, size, mtimeMs]);
  if (block?.key !== key || row < block.start || row >= block.end) {
    // the old block may go before the new one comes
    block = undefined;
    block = await withHdf5(path, (file) => readBlock(file, { images, row, key }));
  }
  const { info, data, start } = block;
  const [, height = 0, width = 0, channels = 1] = info.shape;
  const values = height * width * channels;
  const part = data.subarray((row - start) * values, (row - start + 1) * values);
  return toRecord(part, { dtype: info.dtype, height, width, channels }, scale);
}

function readBlock(file: Hdf5File, { images, row, key }: { images: string; row: number; key: string }): Block {
  const info = file.find(images);
  const rows = info?.shape[0] ?? 0;
  if (info === undefined || row >= rows) throw new RangeError(`no image ${row} in ${images}`);
  const bytes =
    (info.shape.slice(1).reduce((product, length) => product * length, 1) * Number(/\d+/.exec(info.dtype))) / 8;
  if (bytes > largestBlock) throw new RangeError(`images of more than ${largestBlock >> 20} MiB`);
  const most = Math.max(1, Math.floor(largestBlock / bytes));
  const step = Math.min(most, info.chunks?.[0] ?? 1);
  const count = Math.max(step, Math.floor(readAhead / bytes / step) * step);
  const start = Math.floor(row / count) * count;
  const end = Math.min(rows, start + count);
  return { key, start, end, info, data: readRows(file, info, [start, end]) };
}

/**
 * Rows of the dataset. Where chunks cut images into pieces, piece by piece: a selection of the same form as a chunk is
 * copied as a whole, any other one run of neighbouring values at a time, which is a single byte in h5py's chunks.
 */
function readRows(file: Hdf5File, { name, shape, chunks }: DatasetInfo, rows: readonly [number, number]): StoredArray {
  const [, height = 0, width = 0, channels = 1] = shape;
  const [, high = height, wide = width, deep = channels] = chunks ?? [];
  if (high >= height && wide >= width && deep >= channels) return file.read(name, [rows]);
  const count = rows[1] - rows[0];
  let out: StoredArray | undefined;
  for (let y = 0; y < height; y += high)
    for (let x = 0; x < width; x += wide)
      for (let c = 0; c < channels; c += deep) {
        const to = [Math.min(height, y + high), Math.min(width, x + wide), Math.min(channels, c + deep)] as const;
        const piece = file.read(name, [rows, [y, to[0]], [x, to[1]], [c, to[2]]]);
        out ??= emptyLike(piece, count * height * width * channels);
        let from = 0;
        for (let row = 0; row < count; row++)
          for (let line = y; line < to[0]; line++)
            for (let column = x; column < to[1]; column++) {
              const at = ((row * height + line) * width + column) * channels;
              for (let band = c; band < to[2]; band++) out[at + band] = piece[from++] as number;
            }
      }
  return out as StoredArray;
}

function emptyLike(values: StoredArray, length: number): StoredArray {
  return new (values.constructor as new (size: number) => StoredArray)(length);
}

interface Form {
  readonly dtype: string;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

function toRecord(
  stored: StoredArray,
  { dtype, height, width, channels }: Form,
  scale: number | undefined,
): ImageRecord {
  const type = types[dtype] as PixelType;
  const data = convert(stored, type);
  const mask = data instanceof Float32Array ? hideInvalid(data, channels) : undefined;
  return {
    data,
    width,
    height,
    channels,
    dtype: type,
    ...(mask !== undefined && { mask }),
    ...(scale !== undefined && { spacing: [scale, scale] as const }),
  };
}

// a copy: the block lives on
function convert(stored: StoredArray, type: PixelType): PixelArray {
  if (type === "uint8") return Uint8Array.from(stored as Uint8Array);
  if (type === "uint16") return Uint16Array.from(stored as Uint16Array);
  if (type === "int16") return Int16Array.from(stored as Int16Array);
  return Float32Array.from(stored as Float32Array);
}

function hideInvalid(data: Float32Array, channels: number): Uint8Array | undefined {
  if (data.every(Number.isFinite)) return undefined;
  const mask = new Uint8Array(data.length / channels).fill(1);
  for (const [i, value] of data.entries()) {
    if (Number.isFinite(value)) continue;
    mask[Math.floor(i / channels)] = 0;
    data[i] = 0;
  }
  return mask;
}

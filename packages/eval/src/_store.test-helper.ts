// An image store in memory, of pixels given by a formula.
import type { PixelArray } from "@lejepa/contracts";
import type { ImageStore } from "@lejepa/data";

interface Form {
  readonly count: number;
  readonly size: number;
  readonly channels: number;
  readonly pixels: PixelArray;
  readonly labels?: Int32Array;
  readonly classes?: readonly string[];
  readonly fingerprint?: string;
}

/** `onRead` hears how many rows are read. */
export function memoryStore(form: Form, onRead: (rows: number) => void = () => {}): ImageStore {
  const {
    count,
    size,
    channels,
    pixels,
    labels = new Int32Array(count).fill(-1),
    classes = [],
    fingerprint = "",
  } = form;
  const rowElements = size * size * channels;
  const read = (rows: ArrayLike<number>): PixelArray => {
    onRead(rows.length);
    const out = pixels.slice(0, rows.length * rowElements);
    for (const [i, row] of Array.from(rows).entries())
      out.set(pixels.subarray(row * rowElements, (row + 1) * rowElements), i * rowElements);
    return out;
  };
  return {
    count,
    height: size,
    width: size,
    channels,
    dtype: pixels instanceof Uint8Array ? "uint8" : "float32",
    rowElements,
    range: pixels instanceof Uint8Array ? [0, 255] : [0, 1],
    labels,
    items: [],
    classes,
    fingerprint,
    failures: [],
    skipped: [],
    warnings: [],
    notes: {},
    imagesFile: "",
    headerBytes: 0,
    read,
    readMasks: (rows) => new Uint8Array(rows.length * size * size).fill(1),
    close() {},
  };
}

/** uint8 pixels, the same numbers as `pixels` in tools/goldens/eval_onnx.py. */
export function formulaPixels(count: number, size: number, channels = 3): Uint8Array {
  return Uint8Array.from({ length: count * size * size * channels }, (_, i) => Math.imul(i, 2_654_435_761) >>> 24);
}

/** Rows `from` to `to - 1`. */
export const rowRange = (from: number, to: number): Uint32Array =>
  Uint32Array.from({ length: to - from }, (_, i) => from + i);

/** The largest difference, relative to the largest expected value. */
export function relativeError(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (got.length !== expected.length) return Number.POSITIVE_INFINITY;
  let [error, scale] = [0, 1e-30];
  for (let i = 0; i < got.length; i++) {
    error = Math.max(error, Math.abs((got[i] as number) - (expected[i] as number)));
    scale = Math.max(scale, Math.abs(expected[i] as number));
  }
  return error / scale;
}

// Sampling an image at given positions, with the conventions of PyTorch's grid_sample.
import { expectRank } from "@lejepa/contracts";
import * as tf from "@tensorflow/tfjs";
import { isNative, runFusedOne } from "./_native.ts";

/** Options of {@link gridSample}. */
export interface GridSampleOptions {
  readonly mode?: "bilinear";
  readonly paddingMode?: "zeros" | "border" | "reflection";
  readonly alignCorners?: boolean;
}

/**
 * Bilinear samples of `x` at `grid`, whose last axis is (x, y) in [-1, 1] over the image.
 *
 * @param x `[n, c, h, w]`
 * @param grid `[n, height, width, 2]`
 * @returns `[n, c, height, width]`
 */
export function gridSample(x: tf.Tensor, grid: tf.Tensor, options: GridSampleOptions = {}): tf.Tensor {
  expectRank("gridSample", "x", x, 4, ["n", "c", "h", "w"]);
  expectRank("gridSample", "grid", grid, 4, ["n", "height", "width", "2"]);
  const settings = { mode: "bilinear", paddingMode: "zeros", alignCorners: false, ...options } as const;
  const op = tf.customGrad((...args) => {
    const [image, places, save] = args as unknown as [tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    save([image, places]);
    const value = isNative()
      ? runFusedOne("LejepaGridSample", { x: image, grid: places }, settings)
      : plainGridSample(image, places, settings);
    // written out: tfjs cannot differentiate inside a gradient
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] =>
      gradients(dy, saved as [tf.Tensor, tf.Tensor], settings);
    return { value, gradFunc };
  });
  return op(x, grid);
}

type Settings = Required<GridSampleOptions>;

/** One of the four pixels around each point; all tensors [n, height, width, 1] but `index`, which is flat. */
interface Corner {
  /** Rows of the pixels [n h w, c]. */
  readonly index: tf.Tensor1D;
  /** 1 where the pixel is inside the image, else 0. */
  readonly inside: tf.Tensor;
  readonly rowWeight: tf.Tensor;
  readonly columnWeight: tf.Tensor;
  /** Derivatives of the weights by the point's row and column. */
  readonly rowSign: number;
  readonly columnSign: number;
}

function plainGridSample(x: tf.Tensor, grid: tf.Tensor, settings: Settings): tf.Tensor {
  const pixels = pixelRows(x);
  const { row, column } = coordinates(x, grid, settings);
  const parts = corners(x.shape, row.at, column.at).map((corner) =>
    tf.mul(pixelsAt(pixels, corner), tf.mul(corner.rowWeight, corner.columnWeight)),
  );
  return tf.transpose(tf.addN(parts), [0, 3, 1, 2]);
}

function gradients(dy: tf.Tensor, [x, grid]: [tf.Tensor, tf.Tensor], settings: Settings): tf.Tensor[] {
  const [n = 0, c = 0, h = 0, w = 0] = x.shape;
  const pixels = pixelRows(x);
  const { row, column } = coordinates(x, grid, settings);
  const upstream = tf.transpose(dy, [0, 2, 3, 1]); // [n, height, width, c]
  const parts = corners(x.shape, row.at, column.at).map((corner) => {
    const { rowWeight, columnWeight, inside, index, rowSign, columnSign } = corner;
    const share = tf.mul(upstream, tf.mul(inside, tf.mul(rowWeight, columnWeight)));
    const along = tf.sum(tf.mul(upstream, pixelsAt(pixels, corner)), 3, true);
    return {
      pixels: tf.unsortedSegmentSum(tf.reshape(share, [-1, c]), index, n * h * w),
      row: tf.mul(tf.mul(along, columnWeight), rowSign),
      column: tf.mul(tf.mul(along, rowWeight), columnSign),
    };
  });
  const total = (key: "pixels" | "row" | "column"): tf.Tensor => tf.addN(parts.map((part) => part[key]));
  const dx = tf.transpose(tf.reshape(total("pixels"), [n, h, w, c]), [0, 3, 1, 2]);
  return [dx, tf.concat([tf.mul(total("column"), column.slope), tf.mul(total("row"), row.slope)], 3)];
}

/** [n h w, c] */
const pixelRows = (x: tf.Tensor): tf.Tensor => tf.reshape(tf.transpose(x, [0, 2, 3, 1]), [-1, x.shape[1] ?? 0]);

/** Values of a corner's pixels [n, height, width, c], 0 outside. */
const pixelsAt = (pixels: tf.Tensor, { index, inside }: Corner): tf.Tensor =>
  tf.mul(tf.reshape(tf.gather(pixels, index), [...inside.shape.slice(0, 3), pixels.shape[1] ?? 0]), inside);

/** Pixel coordinates `[n, height, width, 1]`, and their derivatives by the normalised ones. */
interface Coordinates {
  readonly at: tf.Tensor;
  readonly slope: tf.Tensor | number;
}

function coordinates(x: tf.Tensor, grid: tf.Tensor, settings: Settings): { row: Coordinates; column: Coordinates } {
  const [, , h = 0, w = 0] = x.shape;
  const [n = 0, height = 0, width = 0] = grid.shape;
  const part = (k: number): tf.Tensor => tf.slice(grid, [0, 0, 0, k], [n, height, width, 1]);
  return { row: positions(part(1), h, settings), column: positions(part(0), w, settings) };
}

/** Normalised to pixel coordinates, moved inside as the padding mode asks. */
function positions(normalised: tf.Tensor, size: number, { alignCorners, paddingMode }: Settings): Coordinates {
  const scale = (alignCorners ? size - 1 : size) / 2;
  const scaled = tf.mul(tf.add(normalised, 1), scale);
  const raw = alignCorners ? scaled : tf.sub(scaled, 0.5);
  if (paddingMode === "zeros") return { at: raw, slope: scale };
  if (paddingMode === "border") return clipped(raw, size, scale);
  const low = alignCorners ? 0 : -0.5;
  const span = alignCorners ? size - 1 : size;
  if (span === 0) return { at: tf.zerosLike(raw), slope: 0 };
  // distance from the low edge folded into [0, span]
  const distance = tf.abs(tf.sub(raw, low));
  const turns = tf.floor(tf.div(distance, span));
  const rest = tf.sub(distance, tf.mul(turns, span));
  const odd = tf.sub(turns, tf.mul(tf.floor(tf.div(turns, 2)), 2));
  const folded = tf.add(tf.mul(tf.sub(1, odd), rest), tf.mul(odd, tf.sub(span, rest)));
  const direction = tf.mul(tf.sign(tf.sub(raw, low)), tf.sub(1, tf.mul(odd, 2)));
  return clipped(tf.add(folded, low), size, tf.mul(direction, scale));
}

function clipped(raw: tf.Tensor, size: number, slope: tf.Tensor | number): Coordinates {
  const free = tf.cast(tf.logicalAnd(tf.greater(raw, 0), tf.less(raw, size - 1)), "float32");
  return { at: tf.clipByValue(raw, 0, size - 1), slope: tf.mul(free, slope) };
}

function corners([n = 0, , h = 0, w = 0]: readonly number[], row: tf.Tensor, column: tf.Tensor): Corner[] {
  const image = tf.mul(tf.reshape(tf.range(0, n, 1, "float32"), [n, 1, 1, 1]), h);
  return [0, 1].flatMap((dy) =>
    [0, 1].map((dx): Corner => {
      const y = tf.add(tf.floor(row), dy);
      const x = tf.add(tf.floor(column), dx);
      const inside = tf.logicalAnd(
        tf.logicalAnd(tf.greaterEqual(y, 0), tf.lessEqual(y, h - 1)),
        tf.logicalAnd(tf.greaterEqual(x, 0), tf.lessEqual(x, w - 1)),
      );
      const line = tf.cast(tf.add(image, tf.clipByValue(y, 0, h - 1)), "int32");
      const index = tf.add(tf.mul(line, w), tf.cast(tf.clipByValue(x, 0, w - 1), "int32"));
      return {
        index: tf.cast(tf.reshape(index, [-1]), "int32") as tf.Tensor1D,
        inside: tf.cast(inside, "float32"),
        rowWeight: tf.sub(1, tf.abs(tf.sub(row, y))),
        columnWeight: tf.sub(1, tf.abs(tf.sub(column, x))),
        rowSign: 2 * dy - 1,
        columnSign: 2 * dx - 1,
      };
    }),
  );
}

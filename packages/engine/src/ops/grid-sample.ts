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
  if (!isNative()) return plainGridSample(x, grid, settings);
  const op = tf.customGrad((...args) => {
    const [image, places, save] = args as unknown as [tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    save([image, places]);
    return {
      value: runFusedOne("LejepaGridSample", { x: image, grid: places }, settings),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [a, b] = saved as [tf.Tensor, tf.Tensor];
        return tf.grads((p: tf.Tensor, q: tf.Tensor) => plainGridSample(p, q, settings))([a, b], dy);
      },
    };
  });
  return op(x, grid);
}

type Settings = Required<GridSampleOptions>;

function plainGridSample(x: tf.Tensor, grid: tf.Tensor, settings: Settings): tf.Tensor {
  const [n = 0, c = 0, h = 0, w = 0] = x.shape;
  const [, height = 0, width = 0] = grid.shape;
  const column = positions(tf.slice(grid, [0, 0, 0, 0], [n, height, width, 1]), w, settings);
  const row = positions(tf.slice(grid, [0, 0, 0, 1], [n, height, width, 1]), h, settings);
  const pixels = tf.reshape(tf.transpose(x, [0, 2, 3, 1]), [n * h * w, c]);
  const corners = [0, 1].flatMap((dy) => [0, 1].map((dx) => corner(pixels, row, column, dy, dx, [n, h, w, c])));
  return tf.transpose(tf.addN(corners), [0, 3, 1, 2]);
}

/** Pixel coordinates `[n, height, width, 1]` of normalised ones, moved inside as the padding mode asks. */
function positions(normalised: tf.Tensor, size: number, { alignCorners, paddingMode }: Settings): tf.Tensor {
  const raw = alignCorners
    ? tf.mul(tf.add(normalised, 1), (size - 1) / 2)
    : tf.sub(tf.mul(tf.add(normalised, 1), size / 2), 0.5);
  if (paddingMode === "zeros") return raw;
  if (paddingMode === "border") return tf.clipByValue(raw, 0, size - 1);
  const low = alignCorners ? 0 : -0.5;
  const span = alignCorners ? size - 1 : size;
  if (span === 0) return tf.zerosLike(raw);
  // distance from the low edge folded into [0, span]
  const distance = tf.abs(tf.sub(raw, low));
  const turns = tf.floor(tf.div(distance, span));
  const rest = tf.sub(distance, tf.mul(turns, span));
  const odd = tf.sub(turns, tf.mul(tf.floor(tf.div(turns, 2)), 2));
  const folded = tf.add(tf.mul(tf.sub(1, odd), rest), tf.mul(odd, tf.sub(span, rest)));
  return tf.clipByValue(tf.add(folded, low), 0, size - 1);
}

function corner(
  pixels: tf.Tensor,
  row: tf.Tensor,
  column: tf.Tensor,
  dy: number,
  dx: number,
  [n, h, w, c]: readonly [number, number, number, number],
): tf.Tensor {
  const y = tf.add(tf.floor(row), dy);
  const x = tf.add(tf.floor(column), dx);
  const weight = tf.mul(tf.sub(1, tf.abs(tf.sub(row, y))), tf.sub(1, tf.abs(tf.sub(column, x))));
  const inside = tf.logicalAnd(
    tf.logicalAnd(tf.greaterEqual(y, 0), tf.lessEqual(y, h - 1)),
    tf.logicalAnd(tf.greaterEqual(x, 0), tf.lessEqual(x, w - 1)),
  );
  const image = tf.mul(tf.reshape(tf.range(0, n, 1, "float32"), [n, 1, 1, 1]), h);
  const line = tf.add(image, tf.clipByValue(y, 0, h - 1));
  const index = tf.add(tf.mul(tf.cast(line, "int32"), w), tf.cast(tf.clipByValue(x, 0, w - 1), "int32"));
  const flat = tf.cast(tf.reshape(index, [-1]), "int32");
  const values = tf.reshape(tf.gather(pixels, flat), [n, row.shape[1] ?? 0, row.shape[2] ?? 0, c]);
  return tf.mul(values, tf.mul(weight, tf.cast(inside, "float32")));
}

// Plain definitions of the fused ops in float64, for central differences. Tensors are flat arrays with known shapes.

type Vector = readonly number[];

/** erf by its series, to double precision for the arguments of the tests. */
function erf(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; n < 200; n++) {
    term *= -(x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

export const gelu64 = (x: Vector): number[] => x.map((v) => 0.5 * v * (1 + erf(v * Math.SQRT1_2)));

/** `fn` on each row of `width` elements. */
const byRow = (x: Vector, width: number, fn: (row: number[]) => number[]): number[] =>
  Array.from({ length: x.length / width }, (_, i) => fn(x.slice(i * width, (i + 1) * width))).flat();

const mean = (x: Vector): number => x.reduce((a, b) => a + b, 0) / x.length;

const standardised = (row: Vector, epsilon: number): number[] => {
  const centre = mean(row);
  const spread = Math.sqrt(mean(row.map((v) => (v - centre) ** 2)) + epsilon);
  return row.map((v) => (v - centre) / spread);
};

export const layerNorm64 = (x: Vector, width: number): number[] => byRow(x, width, (row) => standardised(row, 1e-6));

export const softmax64 = (x: Vector, width: number): number[] =>
  byRow(x, width, (row) => {
    const powers = row.map(Math.exp);
    const total = powers.reduce((a, b) => a + b, 0);
    return powers.map((v) => v / total);
  });

/** `x Wᵀ + b`. */
export const linear64 = (x: Vector, w: Vector, b: Vector): number[] => {
  const width = w.length / b.length;
  return byRow(x, width, (row) =>
    b.map((bias, o) => row.reduce((sum, v, i) => sum + v * (w[o * width + i] as number), bias)),
  );
};

/** Attention of one head: `[n, d]` each. */
export function attention64(q: Vector, k: Vector, v: Vector, d: number): number[] {
  const n = k.length / d;
  const none = Array<number>(n).fill(0);
  const scores = linear64(q, k, none).map((score) => score / Math.sqrt(d));
  const columns = Array.from({ length: d }, (_, c) =>
    Array.from({ length: n }, (_unused, i) => v[i * d + c] as number),
  ).flat();
  return linear64(softmax64(scores, n), columns, Array<number>(d).fill(0));
}

/** Self-attention of `images` sequences `x` with its projections, see `multiHeadAttention`. */
export function multiHeadAttention64(
  [x, qkv, queryBias, out]: readonly [Vector, Vector, Vector, Vector],
  { images, heads }: { readonly images: number; readonly heads: number },
): number[] {
  const d = queryBias.length;
  const width = d / heads;
  const none = Array<number>(d).fill(0);
  const project = (rows: Vector, i: number): number[] =>
    linear64(rows, qkv.slice(i * d * d, (i + 1) * d * d), i === 0 ? queryBias : none);
  const head = (rows: Vector, h: number): number[] => rows.filter((_, i) => Math.floor((i % d) / width) === h);
  const size = x.length / images;
  return Array.from({ length: images }, (_, b) => {
    const rows = x.slice(b * size, (b + 1) * size);
    const [q, k, v] = [0, 1, 2].map((i) => project(rows, i)) as [number[], number[], number[]];
    const scaled = q.map((value) => value * Math.sqrt(width));
    const mixed = Array.from({ length: heads }, (_unused, h) =>
      attention64(head(scaled, h), head(k, h), head(v, h), width),
    );
    const beside = rows.map((_unused, i) => {
      const [row, column] = [Math.floor(i / d), i % d];
      return (mixed[Math.floor(column / width)] as number[])[row * width + (column % width)] as number;
    });
    return linear64(beside, out, none);
  }).flat();
}

/** Batch norm of `[n, c]`. */
export function batchNorm64(x: Vector, weight: Vector, bias: Vector): number[] {
  const c = weight.length;
  const columns = weight.map((_, j) =>
    standardised(
      x.filter((_unused, i) => i % c === j),
      1e-5,
    ),
  );
  return x.map(
    (_, i) =>
      ((columns[i % c] as number[])[Math.floor(i / c)] as number) * (weight[i % c] as number) + (bias[i % c] as number),
  );
}

/** Extents of a convolution of one image and its stride and padding. */
export interface Conv64 {
  readonly c: number;
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
}

/** Convolution of one image `[c, size, size]`, no groups. */
export function conv64(x: Vector, w: Vector, { c, size, kernel, stride, padding }: Conv64): number[] {
  const out = Math.floor((size + 2 * padding - kernel) / stride) + 1;
  const filters = w.length / (c * kernel * kernel);
  return Array.from({ length: filters * out * out }, (_, at) => {
    const [o, row, column] = [Math.floor(at / (out * out)), Math.floor(at / out) % out, at % out];
    let sum = 0;
    for (let tap = 0; tap < c * kernel * kernel; tap++) {
      const [channel, dy, dx] = [Math.floor(tap / (kernel * kernel)), Math.floor(tap / kernel) % kernel, tap % kernel];
      const [y, left] = [row * stride + dy - padding, column * stride + dx - padding];
      if (y < 0 || left < 0 || y >= size || left >= size) continue;
      sum += (x[(channel * size + y) * size + left] as number) * (w[o * c * kernel * kernel + tap] as number);
    }
    return sum;
  });
}

/** Shapes and conventions of {@link gridSample64}. */
export interface GridSample64 {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly paddingMode: "zeros" | "border" | "reflection";
  readonly alignCorners: boolean;
}

/** Bilinear sampling of one image [c, h, w] at points [p, 2] of (x, y) in [-1, 1], point by point; result [c, p]. */
export function gridSample64(x: Vector, grid: Vector, { channels, height, width, ...rest }: GridSample64): number[] {
  const pixel = (c: number, row: number, column: number): number =>
    row < 0 || row >= height || column < 0 || column >= width ? 0 : (x[(c * height + row) * width + column] as number);
  const points = Array.from({ length: grid.length / 2 }, (_, p) => ({
    u: place(grid[2 * p] as number, width, rest),
    v: place(grid[2 * p + 1] as number, height, rest),
  }));
  return Array.from({ length: channels }, (_, c) =>
    points.map(({ u, v }) => {
      const [left, top] = [Math.floor(u), Math.floor(v)];
      const [right, low] = [u - left, v - top];
      const upper = (1 - right) * pixel(c, top, left) + right * pixel(c, top, left + 1);
      const lower = (1 - right) * pixel(c, top + 1, left) + right * pixel(c, top + 1, left + 1);
      return (1 - low) * upper + low * lower;
    }),
  ).flat();
}

/** Pixel coordinate of a normalised one; outside, moved to the border or mirrored at it until it is inside. */
function place(
  normalised: number,
  size: number,
  { paddingMode, alignCorners }: Pick<GridSample64, "paddingMode" | "alignCorners">,
): number {
  let at = alignCorners ? ((normalised + 1) / 2) * (size - 1) : ((normalised + 1) * size - 1) / 2;
  if (paddingMode === "zeros") return at;
  if (paddingMode === "reflection") {
    const [low, high] = alignCorners ? [0, size - 1] : [-0.5, size - 0.5];
    while (at < low || at > high) at = at < low ? 2 * low - at : 2 * high - at;
  }
  return Math.min(Math.max(at, 0), size - 1);
}

/** Shapes of {@link averagePool64}. */
export interface AveragePool64 {
  readonly height: number;
  readonly width: number;
  readonly size: number;
  readonly stride: number;
}

/** Means over windows of `size` of one image [height, width] with a margin of 1 that does not count, every `stride`. */
export function averagePool64(x: Vector, { height, width, size, stride }: AveragePool64): number[] {
  const steps = (extent: number): number[] =>
    Array.from({ length: Math.floor((extent + 2 - size) / stride) + 1 }, (_, i) => i * stride - 1);
  const inside = (from: number, extent: number): number[] =>
    Array.from({ length: size }, (_, i) => from + i).filter((i) => i >= 0 && i < extent);
  return steps(height).flatMap((top) =>
    steps(width).map((left) =>
      mean(inside(top, height).flatMap((i) => inside(left, width).map((j) => x[i * width + j] as number))),
    ),
  );
}

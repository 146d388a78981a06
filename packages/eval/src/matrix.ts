// A dense row-major matrix on the host and the normalisations that probes use. Not a linear algebra library: products are
// the engine's (`probes/kernel.ts`).
import { LejepaError } from "@lejepa/contracts";

/** Row-major numbers: one row for each image. */
export interface Matrix {
  readonly data: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

/**
 * The matrix over `data`, which is not copied.
 * @throws LejepaError E_SHAPE when `data` does not have `rows * columns` elements
 */
export function matrix(data: Float32Array, rows: number, columns: number): Matrix {
  if (data.length === rows * columns) return { data, rows, columns };
  const expected = `${rows} x ${columns} = ${rows * columns} elements`;
  throw new LejepaError({ code: "E_SHAPE", where: "matrix", expected, got: String(data.length) });
}

/** A copy of some rows, in the order given; `padding` rows of zeros follow. */
export function pickRows(m: Matrix, rows: ArrayLike<number>, padding = 0): Matrix {
  const data = new Float32Array((rows.length + padding) * m.columns);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    data.set(m.data.subarray(row * m.columns, (row + 1) * m.columns), i * m.columns);
  }
  return { data, rows: rows.length + padding, columns: m.columns };
}

/** The opposite of {@link pickRows}: row i of `m` becomes row `rows[i]` of `count`; the others are zeros. */
export function placeRows(m: Matrix, rows: ArrayLike<number>, count: number): Matrix {
  const data = new Float32Array(count * m.columns);
  for (let i = 0; i < rows.length; i++)
    data.set(m.data.subarray(i * m.columns, (i + 1) * m.columns), (rows[i] as number) * m.columns);
  return { data, rows: count, columns: m.columns };
}

/** Rows of length 1; rows of zeros stay zero. */
export function unitRows({ data, rows, columns }: Matrix): Matrix {
  const out = new Float32Array(data.length);
  for (let at = 0; at < data.length; at += columns) {
    let squares = 0;
    for (let j = at; j < at + columns; j++) squares += (data[j] as number) ** 2;
    const factor = squares > 0 ? 1 / Math.sqrt(squares) : 0;
    for (let j = at; j < at + columns; j++) out[j] = factor * (data[j] as number);
  }
  return { data: out, rows, columns };
}

/** Layer norm of each row without affine, epsilon 1e-6: `(x - mean) / sqrt(var + epsilon)`. */
export function layerNormRows({ data, rows, columns }: Matrix): Matrix {
  const out = new Float32Array(data.length);
  for (let at = 0; at < data.length; at += columns) {
    let sum = 0;
    for (let j = at; j < at + columns; j++) sum += data[j] as number;
    const mean = sum / columns;
    let squares = 0;
    for (let j = at; j < at + columns; j++) squares += ((data[j] as number) - mean) ** 2;
    const factor = 1 / Math.sqrt(squares / columns + 1e-6);
    for (let j = at; j < at + columns; j++) out[j] = factor * ((data[j] as number) - mean);
  }
  return { data: out, rows, columns };
}

/** Mean and standard deviation of each column; columns that do not vary have scale 1 (as scikit-learn's StandardScaler). */
export interface ColumnScaling {
  readonly mean: Float64Array;
  readonly scale: Float64Array;
}

/** Statistics of the columns, in double precision. */
export function columnScaling({ data, rows, columns }: Matrix): ColumnScaling {
  const mean = new Float64Array(columns);
  const squares = new Float64Array(columns);
  for (let at = 0; at < data.length; at += columns)
    for (let j = 0; j < columns; j++) mean[j] = (mean[j] as number) + (data[at + j] as number);
  for (let j = 0; j < columns; j++) mean[j] = (mean[j] as number) / rows;
  for (let at = 0; at < data.length; at += columns)
    for (let j = 0; j < columns; j++)
      squares[j] = (squares[j] as number) + ((data[at + j] as number) - (mean[j] as number)) ** 2;
  return { mean, scale: squares.map((sum) => Math.sqrt(sum / rows) || 1) };
}

/** `(x - mean) / scale` of each column. */
export function scaleColumns(m: Matrix, { mean, scale: scales }: ColumnScaling): Matrix {
  const data = new Float32Array(m.data.length);
  for (let at = 0; at < data.length; at += m.columns)
    for (let j = 0; j < m.columns; j++)
      data[at + j] = ((m.data[at + j] as number) - (mean[j] as number)) / (scales[j] as number);
  return { ...m, data };
}

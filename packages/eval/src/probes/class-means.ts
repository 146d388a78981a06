// Nearest class mean: no parameter to choose, so it is what few labels are measured with most steadily. Not for regression.
import { type Matrix, unitRows } from "../matrix.ts";

/**
 * Means of unit rows by class as unit rows, `[outputs, columns]`; a class without rows has a mean of zeros.
 *
 * @param x `[rows, columns]`, rows of length 1
 * @param y `[rows, outputs]`: rows with exactly this value count
 */
export function classMeans(x: Matrix, y: Matrix, value: 0 | 1): Matrix {
  const data = new Float32Array(y.columns * x.columns);
  for (let i = 0; i < x.rows; i++) {
    for (let j = 0; j < y.columns; j++) {
      if (y.data[i * y.columns + j] !== value) continue;
      const [from, to] = [i * x.columns, j * x.columns];
      for (let c = 0; c < x.columns; c++) data[to + c] = (data[to + c] as number) + (x.data[from + c] as number);
    }
  }
  return unitRows({ data, rows: y.columns, columns: x.columns });
}

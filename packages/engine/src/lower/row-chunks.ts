// Products that go over many rows, on the CPU, in chunks. ORT's Gemm goes over all rows for each slice of columns, and
// what it reads and writes falls out of the cache; as a batch of shorter products it stays there. GFLOP/s: 175-182 against
// 133-152 for 8320 x 192 x 768 (2 threads); weight gradients, which sum over the rows, 73-79 against 63-69 for
// 192 x 8320 x 768 and 66-68 against 51-58 for 192 x 8320 x 192 (1 thread, busy machine).
import { apply1, float, int, reduce, reshape, transpose } from "../graph/build.ts";
import type { Value } from "../graph/value.ts";
import { gemm, type SingleProduct } from "./composites.ts";

/** Rows of a chunk at most: their outputs stay in a core's cache. */
const CHUNK_ROWS = 1100;
const MAX_CHUNKS = 64;
/** Fewer rows do not pay for writing and adding up a product of their own. */
const SUM_ROWS = 250;

/** A Gemm, or its chunks when there are many rows. */
export const rowChunked: SingleProduct = (a, b, transA, transB, alpha) => {
  if (transA && !transB) return sumOfChunks(a, b, alpha);
  const [rows = 0, inner = 0] = a.shape;
  const count = transA ? undefined : chunkCount(rows);
  if (count === undefined) return gemm(a, b, transA, transB, alpha);
  const columns = b.shape[transB ? 0 : 1] as number;
  const chunks: Value = reshape(a, [count, rows / count, inner]);
  // of rank 4, since ORT would undo the batch for a rank of 2 or 3
  const shared: Value = reshape(b, [1, 1, ...b.shape]);
  const y = batch(chunks, shared, [1, count, rows / count, columns], { transA, transB, alpha });
  return reshape(y, [rows, columns]);
};

interface Product {
  readonly transA: boolean;
  readonly transB: boolean;
  readonly alpha: number;
}

const batch = (a: Value, b: Value, shape: readonly number[], { transA, transB, alpha }: Product): Value => {
  const attributes = { transA: int(Number(transA)), transB: int(Number(transB)), alpha: float(alpha) };
  return apply1("FusedMatMul", [a, b], { shape, dtype: "float32" }, attributes, "com.microsoft");
};

/** An even number of equal chunks, for two or more threads; none when there is no such number. */
function chunkCount(rows: number): number | undefined {
  if (rows < 2 * CHUNK_ROWS) return undefined;
  for (let count = 2 * Math.ceil(rows / CHUNK_ROWS / 2); count <= MAX_CHUNKS; count += 2) {
    if (rows % count === 0) return count;
  }
  return undefined;
}

/** Columns that Gemm takes in one go, reading its left operand once: then it does better as a whole (79 against 70). */
const ONE_SLICE = 128;

/** aᵀ b as the sum of the chunks' products, with the wider operand on the right, where the kernel does better. */
function sumOfChunks(a: Value, b: Value, alpha: number): Value {
  const [rows = 0, m = 0] = a.shape;
  const n = b.shape[1] as number;
  const count = sumCount(rows, m, n);
  if (count === undefined || (n <= ONE_SLICE && m >= n)) return gemm(a, b, true, false, alpha);
  if (m > n || m <= ONE_SLICE) return transpose(sumOfChunks(b, a, alpha), [1, 0]);
  const chunks = (x: Value): Value => reshape(x, [count, rows / count, x.shape[1] as number]);
  const each = batch(chunks(a), chunks(b), [count, m, n], { transA: true, transB: false, alpha });
  return reduce("ReduceSum", each, [0], false);
}

/** As many chunks as have rows enough and whose products together take no more than half the operands' memory. */
function sumCount(rows: number, m: number, n: number): number | undefined {
  const most = Math.min(Math.floor(rows / SUM_ROWS), Math.floor((rows * (m + n)) / (2 * m * n)), MAX_CHUNKS);
  for (let count = most; count >= 4; count--) if (rows % count === 0) return count;
  return undefined;
}

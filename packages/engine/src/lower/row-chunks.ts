// Products of tall matrices on the CPU, in chunks of rows. ORT's Gemm goes over all rows for each slice of columns, and
// the output falls out of the cache; as a batch of shorter products it runs at 175-182 instead of 133-152 GFLOP/s
// (8320 x 192 x 768, 2 threads). The right operand has rank 4, since ORT would undo the batch for a rank of 2 or 3.
import { apply1, float, int, reshape } from "../graph/build.ts";
import type { Value } from "../graph/value.ts";
import { gemm, type SingleProduct } from "./composites.ts";

/** Rows of a chunk at most: their outputs stay in a core's cache. */
const CHUNK_ROWS = 1100;
const MAX_CHUNKS = 64;

/** A Gemm, or its chunks when the left operand is tall and not transposed. */
export const rowChunked: SingleProduct = (a, b, transA, transB, alpha) => {
  const [rows = 0, inner = 0] = a.shape;
  const count = transA ? undefined : chunkCount(rows);
  if (count === undefined) return gemm(a, b, transA, transB, alpha);
  const columns = b.shape[transB ? 0 : 1] as number;
  const chunks: Value = reshape(a, [count, rows / count, inner]);
  const shared: Value = reshape(b, [1, 1, ...b.shape]);
  const out = { shape: [1, count, rows / count, columns], dtype: "float32" as const };
  const attributes = { transA: int(0), transB: int(Number(transB)), alpha: float(alpha) };
  return reshape(apply1("FusedMatMul", [chunks, shared], out, attributes, "com.microsoft"), [rows, columns]);
};

/** An even number of equal chunks, for two or more threads; none when there is no such number. */
function chunkCount(rows: number): number | undefined {
  if (rows < 2 * CHUNK_ROWS) return undefined;
  for (let count = 2 * Math.ceil(rows / CHUNK_ROWS / 2); count <= MAX_CHUNKS; count += 2) {
    if (rows % count === 0) return count;
  }
  return undefined;
}

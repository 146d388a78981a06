// How many channels ONNX Runtime's CPU convolutions hold side by side (16 with AVX-512, 8 with AVX2), found by trying.
import type { InferenceSession } from "onnxruntime-common";
import { apply1, int, ints, literal, reshape } from "../graph/build.ts";
import { encodeModel } from "../graph/proto.ts";
import type { Value } from "../graph/value.ts";
import { createSession } from "../runtime/session.ts";

const CANDIDATES = [16, 8] as const;
const CHANNELS = 16;
const POSITIONS = 2;

let found: number | undefined;
let detecting: Promise<void> | undefined;

/** Channels of a block, once {@link detectBlockSize} has found it; undefined where convolutions stay plain. */
export const blockSize = (): number | undefined => found;

/** Finds the block size, once for each process. */
export function detectBlockSize(): Promise<void> {
  detecting ??= detect();
  return detecting;
}

async function detect(): Promise<void> {
  found = await probe();
}

/** Reorders x[c, i] = 2 c + i and multiplies channel c by c + 1 through the operators that blocked lowering relies on. */
function probeGraph(): Value {
  const shape = [1, CHANNELS, POSITIONS, 1];
  const numbers = Float32Array.from({ length: CHANNELS * POSITIONS }, (_, i) => i);
  const x: Value = literal(numbers, shape, "float32");
  const scale = literal(
    Float32Array.from({ length: CHANNELS }, (_, c) => c + 1),
    [CHANNELS, 1, 1, 1],
    "float32",
  );
  const reordered = apply1("ReorderInput", [x], x, {}, "com.microsoft.nchwc");
  const attributes = { kernel_shape: ints([1, 1]), group: int(CHANNELS) };
  return reshape(apply1("Conv", [reordered, scale], x, attributes, "com.microsoft.nchwc"), [CHANNELS * POSITIONS]);
}

function expected(size: number): number[] {
  return Array.from({ length: CHANNELS * POSITIONS }, (_, at) => {
    const block = Math.floor(at / (POSITIONS * size));
    const position = Math.floor(at / size) % POSITIONS;
    const channel = block * size + (at % size);
    return (POSITIONS * channel + position) * (channel + 1);
  });
}

async function probe(): Promise<number | undefined> {
  let session: InferenceSession | undefined;
  try {
    session = await createSession(encodeModel([probeGraph()]), { device: "cpu", threads: 1 });
    const { out0 } = await session.run({});
    const got = Array.from(out0?.data as Float32Array);
    return CANDIDATES.find((size) => expected(size).every((value, i) => value === got[i]));
  } catch {
    // a build of the runtime without these operators: plain convolutions are right everywhere
    return undefined;
  } finally {
    await session?.release();
  }
}

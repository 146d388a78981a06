// Copies device memory to the host. ONNX Runtime's Node binding cannot read a GPU buffer by itself (it aborts), but an
// Identity graph whose output is on the host does.
import type { InferenceSession, Tensor } from "onnxruntime-common";
import { apply1 } from "../graph/build.ts";
import { encodeModel } from "../graph/proto.ts";
import type { ElementType, HostData, Value } from "../graph/value.ts";
import { createSession } from "./session.ts";

const MAX_SESSIONS = 16;
const sessions = new Map<string, Promise<InferenceSession>>();

/** The elements of a tensor in WebGPU memory. */
export async function download(
  tensor: Tensor,
  shape: readonly number[],
  dtype: ElementType,
): Promise<Exclude<HostData, BigInt64Array>> {
  const session = await copier(shape, dtype);
  const { out0 } = await session.run({ source: tensor });
  return (out0 as Tensor).data as Exclude<HostData, BigInt64Array>;
}

function copier(shape: readonly number[], dtype: ElementType): Promise<InferenceSession> {
  const key = `${dtype}${shape}`;
  const known = sessions.get(key);
  if (known !== undefined) return known;
  if (sessions.size >= MAX_SESSIONS) evictOldest();
  const source: Value = { shape, dtype, origin: { kind: "input", name: "source" } };
  const made = createSession(encodeModel([apply1("Identity", [source], source)]), { device: "webgpu" });
  sessions.set(key, made);
  return made;
}

function evictOldest(): void {
  const [oldest] = sessions;
  if (oldest === undefined) return;
  sessions.delete(oldest[0]);
  void oldest[1].then((session) => session.release());
}

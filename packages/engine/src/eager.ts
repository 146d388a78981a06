// Eager use: a tensor's pending graph is compiled when its data are read. Sessions are kept by the graph's structure, so
// a loop over the same ops compiles once.
import { createHash } from "node:crypto";
import type { InferenceSession, Tensor } from "onnxruntime-common";
import { encodeModel, type Model } from "./graph/proto.ts";
import { rewrite, topological } from "./graph/rewrite.ts";
import { uniformOf } from "./graph/simplify.ts";
import type { HostData, Value } from "./graph/value.ts";
import { sizeOf } from "./graph/value.ts";
import { lower } from "./lower/index.ts";
import { createSession, hostTensor, type SessionSettings } from "./runtime/session.ts";
import { withoutCollectives } from "./segments.ts";

const MAX_SESSIONS = 256;
const sessions = new Map<string, Promise<InferenceSession>>();

/** Computes `wanted` and every held value on the way; their origins become data. */
export async function evaluate(
  wanted: readonly Value[],
  isHeld: (value: Value) => boolean,
  settings: SessionSettings,
): Promise<void> {
  const passed = topological(wanted).flatMap((node) => node.outputs.filter((value) => isHeld(value)));
  const targets = [...new Set([...wanted, ...passed])];
  const { outputs, feeds } = parametrised(targets);
  const model = encodeModel(lower(withoutCollectives(outputs), settings));
  const results = await runModel(model, feeds, settings);
  for (const [i, target] of targets.entries()) target.origin = { kind: "data", data: results[i] as HostData };
}

interface Parametrised {
  readonly outputs: Value[];
  readonly feeds: ReadonlyMap<string, Value>;
}

/** Host data become inputs, so that other data of the same shapes reuse the session; zeros and ones stay constants. */
function parametrised(targets: readonly Value[]): Parametrised {
  const feeds = new Map<string, Value>();
  const inputs = new Map<Value, Value>();
  const leaf = (value: Value): Value => {
    if (value.origin.kind !== "data" || sizeOf(value.shape) === 0) return value;
    const constant = uniformOf(value);
    if (constant === 0 || constant === 1) return value;
    const known = inputs.get(value);
    if (known !== undefined) return known;
    const name = `in${inputs.size}`;
    const made: Value = { shape: value.shape, dtype: value.dtype, origin: { kind: "input", name } };
    feeds.set(name, value);
    inputs.set(value, made);
    return made;
  };
  return { outputs: rewrite(targets, () => undefined, leaf), feeds };
}

async function runModel(
  model: Model,
  feeds: ReadonlyMap<string, Value>,
  settings: SessionSettings,
): Promise<HostData[]> {
  const session = await sessionFor(model, settings);
  const inputs: Record<string, Tensor> = {};
  for (const { name, value } of model.inputs) {
    const source = feeds.get(name) ?? value;
    inputs[name] = await hostTensor((source.origin as { data: HostData }).data, value.shape, value.dtype);
  }
  const results = await session.run(inputs);
  return model.outputs.map(({ name }) => (results[name] as Tensor).data as HostData);
}

function sessionFor(model: Model, settings: SessionSettings): Promise<InferenceSession> {
  const key = createHash("sha1").update(model.bytes).digest("hex");
  const known = sessions.get(key);
  const session = known ?? createSession(model, settings);
  // re-inserted, so that the least recently used is first
  sessions.delete(key);
  sessions.set(key, session);
  if (sessions.size > MAX_SESSIONS) evictOldest();
  return session;
}

function evictOldest(): void {
  const [oldest] = sessions;
  if (oldest === undefined) return;
  sessions.delete(oldest[0]);
  void oldest[1].then((session) => session.release());
}

// Copies between host and device memory. ONNX Runtime has no copy that every device answers to (its Node binding even
// aborts over reading a GPU buffer), but an Identity graph does it whose input is on one side and whose output on the other.
import { apply1 } from "../graph/build.ts";
import { encodeModel, type Model } from "../graph/proto.ts";
import type { ElementType, Value } from "../graph/value.ts";
import type { GraphRuntime, RuntimeSession, RuntimeValue } from "./graph-runtime.ts";

const MAX_SESSIONS = 64;

/** Copies values of one runtime. */
export class Copier {
  readonly #createSession: GraphRuntime["createSession"];
  readonly #sessions = new Map<string, Promise<RuntimeSession>>();

  constructor(createSession: GraphRuntime["createSession"]) {
    this.#createSession = createSession;
  }

  /** `value` in the device's memory (`up`) or the host's (`down`). */
  async copy(
    value: RuntimeValue,
    {
      shape,
      dtype,
      way,
    }: { readonly shape: readonly number[]; readonly dtype: ElementType; readonly way: "up" | "down" },
  ): Promise<RuntimeValue> {
    const key = `${way} ${dtype} ${shape}`;
    const session = this.#sessions.get(key) ?? this.#createSession(identity(shape, dtype), residentWhen(way === "up"));
    // re-inserted, so that the least recently used is first
    this.#sessions.delete(key);
    this.#sessions.set(key, session);
    if (this.#sessions.size > MAX_SESSIONS) this.#forgetOldest();
    return (await (await session).run({ source: value }))["out0"] as RuntimeValue;
  }

  #forgetOldest(): void {
    const [oldest] = this.#sessions;
    if (oldest === undefined) return;
    this.#sessions.delete(oldest[0]);
    void oldest[1].then((session) => session.release());
  }

  /** Frees the sessions. */
  async dispose(): Promise<void> {
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    for (const session of sessions) await (await session).release();
  }
}

const residentWhen = (up: boolean): { resident: string[] } => ({ resident: up ? ["out0"] : [] });

function identity(shape: readonly number[], dtype: ElementType): Model {
  const source: Value = { shape, dtype, origin: { kind: "input", name: "source" } };
  return encodeModel([apply1("Identity", [source], source)]);
}

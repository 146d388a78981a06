// A session of the C API: inputs and outputs are bound, the run happens on another thread, and outputs that stay on the
// device never touch the host. One run at a time. Which provider computes is the caller's choice (providers.ts).
import type { Model } from "../graph/proto.ts";
import { emptyArray } from "../graph/build.ts";
import { sizeOf } from "../graph/value.ts";
import type { RuntimeSession, RuntimeValue } from "../runtime/graph-runtime.ts";
import type { OrtLibrary, Pointer } from "./library.ts";
import { DeviceValue, HostValue } from "./native-value.ts";
import type { Turns } from "./turns.ts";

/** What a session is made of. */
export interface NativeParts {
  readonly library: OrtLibrary;
  readonly session: Pointer;
  readonly model: Model;
  readonly hostMemory: Pointer;
  /** Where resident outputs go; undefined: there is no other memory than the host's. */
  readonly deviceMemory: Pointer | undefined;
  readonly resident: ReadonlySet<string>;
  /** When it may run. */
  readonly turns: Turns;
  /** Turns a failure of the runtime into an error for the user. */
  readonly explain: (failure: unknown) => Error;
}

type Values = Readonly<Record<string, RuntimeValue>>;

/** Runs one graph. */
export class NativeSession implements RuntimeSession {
  readonly #parts: NativeParts;
  #released = false;

  constructor(parts: NativeParts) {
    this.#parts = parts;
  }

  run(feeds: Values, fetches: Readonly<Record<string, RuntimeValue | null>> = {}): Promise<Values> {
    return this.#parts.turns.take(() => this.#run(feeds, fetches));
  }

  async #run(feeds: Values, fetches: Readonly<Record<string, RuntimeValue | null>>): Promise<Values> {
    const { library, session, explain } = this.#parts;
    const wrapped: Pointer[] = [];
    const binding = library.make("CreateIoBinding", session);
    try {
      for (const { name } of this.#parts.model.inputs)
        this.#bindInput(binding, name, feeds[name] as RuntimeValue, wrapped);
      const outputs = this.#bindOutputs(binding, fetches, wrapped);
      await library.callAsync("RunWithBinding", session, null, binding);
      library.call("SynchronizeBoundOutputs", binding);
      return this.#collect(binding, outputs);
    } catch (failure) {
      throw explain(failure);
    } finally {
      library.release("ReleaseIoBinding", binding);
      for (const pointer of wrapped) library.release("ReleaseValue", pointer);
    }
  }

  /** Host memory is copied here where the device has its own, so nothing comes between this call and the run. */
  #bindInput(binding: Pointer, name: string, value: RuntimeValue, wrapped: Pointer[]): void {
    const { library, hostMemory } = this.#parts;
    if (value instanceof DeviceValue) return library.call("BindInput", binding, name, value.pointer);
    const pointer = (value as HostValue).wrap(library, hostMemory);
    wrapped.push(pointer);
    library.call("BindInput", binding, name, pointer);
  }

  /** Host outputs by name, and null for those that the device keeps. */
  #bindOutputs(
    binding: Pointer,
    fetches: Readonly<Record<string, RuntimeValue | null>>,
    wrapped: Pointer[],
  ): Map<string, HostValue | null> {
    const { library, model, resident, hostMemory, deviceMemory } = this.#parts;
    const outputs = new Map<string, HostValue | null>();
    for (const { name, value } of model.outputs) {
      if (deviceMemory !== undefined && resident.has(name)) {
        library.call("BindOutputToDevice", binding, name, deviceMemory);
        outputs.set(name, null);
        continue;
      }
      const { shape, dtype } = value;
      const given = fetches[name] as HostValue | null | undefined;
      const target = given ?? new HostValue(emptyArray(dtype, sizeOf(shape)), shape, dtype);
      const pointer = target.wrap(library, hostMemory);
      wrapped.push(pointer);
      library.call("BindOutput", binding, name, pointer);
      outputs.set(name, target);
    }
    return outputs;
  }

  #collect(binding: Pointer, outputs: ReadonlyMap<string, HostValue | null>): Values {
    const { library, turns } = this.#parts;
    const results: Record<string, RuntimeValue> = {};
    for (const [name, value] of outputs) if (value !== null) results[name] = value;
    if (Object.keys(results).length === outputs.size) return results;
    const allocator = library.make("GetAllocatorWithDefaultOptions");
    const { array, items } = library.list("GetBoundOutputValues", binding, allocator);
    for (const [i, name] of [...outputs.keys()].entries()) {
      const pointer = items[i] as Pointer;
      if (outputs.get(name) === null) results[name] = new DeviceValue(library, pointer, turns);
      else library.release("ReleaseValue", pointer);
    }
    if (array !== null) library.call("AllocatorFree", allocator, array);
    return results;
  }

  endProfiling(): void {
    const { library, session } = this.#parts;
    const allocator = library.make("GetAllocatorWithDefaultOptions");
    library.call("AllocatorFree", allocator, library.make("SessionEndProfiling", session, allocator));
  }

  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    const { library, session, turns } = this.#parts;
    await turns.take(() => library.release("ReleaseSession", session));
  }
}

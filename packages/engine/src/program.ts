// A compiled function: sessions of one or several segments, and how tensors pass through them.
import { LejepaError } from "@lejepa/contracts";
import { type Description, describeModel } from "./describe.ts";
import { emptyArray } from "./graph/build.ts";
import { encodeModel, type Model, type Port } from "./graph/proto.ts";
import { checkedFeed, type Feed, otherDevice, ownTensor, updatedTensor } from "./feeds.ts";
import { topological } from "./graph/rewrite.ts";
import type { Value } from "./graph/value.ts";
import { sameShape, sizeOf } from "./graph/value.ts";
import type { Group } from "./group.ts";
import { writableInPlace } from "./in-place.ts";
import { lower, type LoweringTarget } from "./lower/index.ts";
import { wantsTf32 } from "./precision.ts";
import { type OpTime, profileRun } from "./profile.ts";
import { DeviceTensor } from "./runtime/device-tensor.ts";
import type { GraphRuntime, RuntimeSession, RuntimeValue } from "./runtime/graph-runtime.ts";
import { hostNodes } from "./runtime/host-nodes.ts";
import { RuntimeTensor } from "./runtime/runtime-tensor.ts";
import { type Crossing, cut, type Segment, withoutCollectives } from "./segments.ts";
import type { InputSpec, Signature, Traced } from "./trace.ts";

/** What a program is made of. */
export interface ProgramParts {
  readonly traced: Traced;
  readonly signature: Signature;
  readonly updates: readonly string[];
  readonly runtime: GraphRuntime;
  readonly group: Group | undefined;
  /** What the graph is lowered for: the runtime's device, but in tests. */
  readonly target: LoweringTarget;
}

interface Stage {
  readonly model: Model;
  readonly session: RuntimeSession;
  readonly crossings: readonly Crossing[];
  /** Name of the program's output for each output of the stage after the crossings. */
  readonly finals: readonly string[];
  /** Updates that are written over what they replace. */
  readonly inPlace: ReadonlySet<string>;
}

/** What a program made of these parts would consist of. Nothing is loaded. */
export function describeParts(parts: Omit<ProgramParts, "runtime">): Description {
  const models = segmentsOf(parts).map(({ outputs }) => {
    const lowered = lower(outputs, parts.target);
    return { nodes: topological(lowered), outputs: lowered.map((value) => ({ name: "", value })) };
  });
  return describeModel(models, parts.signature, parts.updates);
}

/**
 * A compiled function. `run` feeds inputs by name and returns device tensors by name; outputs listed as `updates`
 * overwrite the input of the same name instead. Programs are disposed by their owner.
 */
export class Program {
  readonly #parts: ProgramParts;
  readonly #stages: readonly Stage[];
  #disposed = false;

  private constructor(parts: ProgramParts, stages: readonly Stage[]) {
    this.#parts = parts;
    this.#stages = stages;
  }

  /** Lowers and loads what was traced. */
  static async create(parts: ProgramParts): Promise<Program> {
    checkUpdates(parts);
    const names = [...parts.traced.keys()];
    const stages: Stage[] = [];
    const segments = segmentsOf(parts);
    for (const segment of segments) {
      const outputs = lower(segment.outputs, parts.target);
      const model = encodeModel(outputs);
      const finals = segment.finals.flatMap((index) => (index === undefined ? [] : [names[index] as string]));
      const resident = residentPorts(model, segment.crossings, finals, parts.updates);
      const session = await parts.runtime.createSession(model, { resident, tf32: wantsTf32(model, parts.target) });
      const inPlace = segments.length > 1 ? new Set<string>() : overwritten(parts, outputs, finals);
      stages.push({ model, session, crossings: segment.crossings, finals, inPlace });
    }
    return new Program(parts, stages);
  }

  /**
   * Runs the program once.
   *
   * @throws LejepaError E_SHAPE or E_DTYPE when an input does not fit the signature
   */
  async run(feeds: Readonly<Record<string, Feed>>): Promise<Record<string, DeviceTensor>> {
    const available = await this.#inputs(feeds);
    const updated: [string, RuntimeValue][] = [];
    const outputs: Record<string, DeviceTensor> = {};
    const temporary: RuntimeValue[] = [];
    for (const stage of this.#stages) {
      const fetches = await this.#fetches(stage, feeds);
      const results = await stage.session.run(pick(stage.model, available), fetches);
      const tensors = stage.model.outputs.map(({ name }) => results[name] as RuntimeValue);
      await this.#cross(stage, tensors, available, temporary);
      for (const [i, name] of stage.finals.entries()) {
        const port = stage.model.outputs[stage.crossings.length + i] as Port;
        const tensor = tensors[stage.crossings.length + i] as RuntimeValue;
        if (!this.#parts.updates.includes(name))
          outputs[name] = new RuntimeTensor(this.#parts.runtime, tensor, port.value);
        // what was written in place is there already
        else if (fetches[port.name] !== (feeds[name] as RuntimeTensor).handle) updated.push([name, tensor]);
      }
    }
    // only after every stage has read the old contents
    for (const [name, tensor] of updated) (feeds[name] as RuntimeTensor).swap(tensor);
    for (const tensor of temporary) tensor.dispose();
    return outputs;
  }

  /** Nodes, FLOPs and bytes by operator. */
  describe(): Description {
    const { signature, updates } = this.#parts;
    return describeModel(
      this.#stages.map(({ model }) => model),
      signature,
      updates,
    );
  }

  /**
   * Nodes that the device would leave to the CPU, each at the price of a copy there and back, as `IsNaN(float32[2,3])`;
   * none on the CPU. Compiles the graph again, so it takes seconds.
   */
  async hostNodes(): Promise<string[]> {
    const { runtime } = this.#parts;
    const found: string[] = [];
    for (const { model } of this.#stages) found.push(...(await hostNodes(runtime, model)));
    return [...new Set(found)];
  }

  /** Time by operator over `runs` runs, slowest first; state that the program updates is left as it was. */
  async profile(feeds: Readonly<Record<string, Feed>>, runs = 3): Promise<OpTime[]> {
    const available = await this.#inputs(feeds);
    const [stage] = this.#stages;
    if (stage === undefined || this.#stages.length > 1) {
      throw new LejepaError({
        code: "E_USAGE",
        where: "program.profile",
        problem: "programs with collectives cannot be profiled",
      });
    }
    return profileRun(stage.model, this.#parts.runtime, pick(stage.model, available), runs);
  }

  /** Frees the sessions; a second call does nothing. */
  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const { session } of this.#stages) await session.release();
  }

  async #inputs(feeds: Readonly<Record<string, Feed>>): Promise<Map<string, RuntimeValue>> {
    const available = new Map<string, RuntimeValue>();
    for (const [name, spec] of Object.entries(this.#parts.signature))
      available.set(name, await this.#input(name, checkedFeed(name, feeds[name], spec), spec));
    return available;
  }

  /** Output buffers: on the host that of an updated tensor, itself or its spare; else what the runtime allocates. */
  async #fetches(stage: Stage, feeds: Readonly<Record<string, Feed>>): Promise<Record<string, RuntimeValue | null>> {
    const fetches: Record<string, RuntimeValue | null> = {};
    for (const { name } of stage.model.outputs) fetches[name] = null;
    if (this.#parts.runtime.device !== "cpu") return fetches;
    for (const [i, name] of stage.finals.entries()) {
      const port = stage.model.outputs[stage.crossings.length + i] as Port;
      if (!this.#parts.updates.includes(name)) continue;
      const state = this.#own(name, updatedTensor(name, feeds[name]));
      const isAlone = Object.values(feeds).filter((feed) => feed === state).length === 1;
      fetches[port.name] = stage.inPlace.has(name) && isAlone ? state.handle : await this.#spare(state, port.value);
    }
    return fetches;
  }

  async #cross(
    stage: Stage,
    tensors: readonly RuntimeValue[],
    available: Map<string, RuntimeValue>,
    temporary: RuntimeValue[],
  ): Promise<void> {
    const reduced = stage.crossings.flatMap(({ reduced: isReduced }, i) => (isReduced ? [i] : []));
    for (const [i, { name }] of stage.crossings.entries()) {
      available.set(name, tensors[i] as RuntimeValue);
      temporary.push(tensors[i] as RuntimeValue);
    }
    if (reduced.length === 0 || this.#parts.group === undefined) return;
    const sources = reduced.map((i) => tensors[i] as RuntimeValue);
    const host = sources.map((tensor) => tensor.data as Float32Array);
    const means = await this.#parts.group.allReduceMean(host);
    for (const [k, i] of reduced.entries()) {
      const { name, value } = stage.crossings[i] as Crossing;
      available.set(name, await this.#parts.runtime.hostValue(means[k] as Float32Array, value.shape, value.dtype));
    }
  }

  async #input(name: string, feed: Feed, { shape, dtype = "float32" }: InputSpec): Promise<RuntimeValue> {
    return feed instanceof DeviceTensor
      ? this.#own(name, feed).handle
      : await this.#parts.runtime.hostValue(feed, shape, dtype);
  }

  async #spare({ spare }: RuntimeTensor, { shape, dtype }: Value): Promise<RuntimeValue> {
    return spare ?? this.#parts.runtime.hostValue(emptyArray(dtype, sizeOf(shape)), shape, dtype);
  }

  #own(name: string, feed: DeviceTensor): RuntimeTensor {
    const tensor = ownTensor(name, feed, RuntimeTensor);
    if (sameMemory(tensor.runtime, this.#parts.runtime)) return tensor;
    throw otherDevice(name);
  }
}

/** On the host; elsewhere the runtime allocates what it writes to. */
function overwritten(
  { runtime, updates }: ProgramParts,
  outputs: readonly Value[],
  finals: readonly string[],
): Set<string> {
  if (runtime.device !== "cpu") return new Set();
  const wanted = finals.flatMap((name, i) => (updates.includes(name) ? [{ name, output: outputs[i] as Value }] : []));
  return writableInPlace(outputs, wanted);
}

/** Whether values of one runtime can be used by the other, as two engines of one device can. */
const sameMemory = (a: GraphRuntime, b: GraphRuntime): boolean =>
  a.device === b.device && a.constructor === b.constructor;

function segmentsOf({ traced, group }: Pick<ProgramParts, "traced" | "group">): Segment[] {
  const outputs = [...traced.values()];
  if (group !== undefined && group.size > 1) return cut(outputs);
  return [{ crossings: [], outputs: withoutCollectives(outputs), finals: outputs.map((_, i) => i) }];
}

/** Smaller outputs are worth a copy to the host, where they are read next. */
const RESIDENT_ELEMENTS = 1 << 16;

/** State and large results stay on the device; what is reduced over ranks passes through the host. */
function residentPorts(
  model: Model,
  crossings: readonly Crossing[],
  finals: readonly string[],
  updates: readonly string[],
): string[] {
  return model.outputs.flatMap(({ name, value }, i) => {
    const crossing = crossings[i];
    if (crossing !== undefined) return crossing.reduced ? [] : [name];
    const final = finals[i - crossings.length] as string;
    return updates.includes(final) || sizeOf(value.shape) >= RESIDENT_ELEMENTS ? [name] : [];
  });
}

function checkUpdates({ updates, signature, traced }: ProgramParts): void {
  for (const name of updates) {
    const spec = signature[name];
    const value = traced.get(name);
    if (spec !== undefined && value !== undefined && sameShape(spec.shape, value.shape)) continue;
    const got =
      value === undefined
        ? "no such output"
        : `output [${value.shape}], input ${spec === undefined ? "missing" : `[${spec.shape}]`}`;
    throw new LejepaError({
      code: "E_SHAPE",
      where: `engine.compile: updates: ${name}`,
      expected: "an output and an input of that name and the same shape",
      got,
    });
  }
}

function pick(model: Model, available: ReadonlyMap<string, RuntimeValue>): Record<string, RuntimeValue> {
  return Object.fromEntries(model.inputs.map(({ name }) => [name, available.get(name) as RuntimeValue]));
}

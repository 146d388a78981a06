// Collectives cut a graph into segments: everything before a reduction, the reduction on the host, everything after.
import { rewrite, topological } from "./graph/rewrite.ts";
import type { Node, Value } from "./graph/value.ts";

const isCollective = (node: Node): boolean => node.domain === "lejepa" && node.op === "AllReduceMean";

/** The graph for one process, where a reduction over ranks is the identity. */
export function withoutCollectives(outputs: readonly Value[]): Value[] {
  return rewrite(outputs, (node, inputs) => (isCollective(node) ? [inputs[0] as Value] : undefined));
}

/** A value that leaves one segment under a name and enters later ones. */
export interface Crossing {
  readonly name: string;
  readonly value: Value;
  /** Averaged over ranks on the way. */
  readonly reduced: boolean;
}

/** One part of a cut graph. */
export interface Segment {
  /** Names of values kept for later segments, in the order of `outputs`; the rest are the program's own outputs. */
  readonly crossings: readonly Crossing[];
  readonly outputs: readonly Value[];
  /** Index into the program's outputs for each of `outputs` that is one, else undefined. */
  readonly finals: readonly (number | undefined)[];
}

/**
 * Cuts the graph at its collectives. A node runs in the first segment in which its inputs are there; all reductions
 * between two segments are done together.
 */
export function cut(outputs: readonly Value[]): Segment[] {
  const levels = new Levels(outputs);
  const last = Math.max(0, ...outputs.map((value) => levels.of(value)));
  const crossing = crossingValues(outputs, levels);
  const segments: Segment[] = [];
  for (let level = 0; level <= last; level++) segments.push(segmentAt(level, outputs, levels, crossing));
  return segments;
}

/** Segment in which each value is first there. */
class Levels {
  readonly #levels = new Map<Value, number>();

  constructor(outputs: readonly Value[]) {
    for (const node of topological(outputs)) {
      const ready = Math.max(0, ...node.inputs.map((value) => this.of(value)));
      for (const output of node.outputs) this.#levels.set(output, isCollective(node) ? ready + 1 : ready);
    }
  }

  of(value: Value): number {
    return this.#levels.get(value) ?? 0;
  }
}

/** What is made in one segment and read in a later one: reduction results and plain values, each with its source. */
function crossingValues(outputs: readonly Value[], levels: Levels): Map<Value, Crossing> {
  const crossings = new Map<Value, Crossing>();
  const add = (value: Value): void => {
    if (value.origin.kind !== "node" || crossings.has(value)) return;
    const reduced = isCollective(value.origin.node);
    const source = reduced ? (value.origin.node.inputs[0] as Value) : value;
    crossings.set(value, { name: `cross${crossings.size}`, value: source, reduced });
  };
  for (const node of topological(outputs)) {
    if (isCollective(node)) add(node.outputs[0] as Value);
    const level = levels.of(node.outputs[0] as Value) - (isCollective(node) ? 1 : 0);
    for (const value of node.inputs) if (levels.of(value) < level) add(value);
  }
  for (const value of outputs) if (value.origin.kind === "node" && isCollective(value.origin.node)) add(value);
  return crossings;
}

function segmentAt(
  level: number,
  outputs: readonly Value[],
  levels: Levels,
  crossings: ReadonlyMap<Value, Crossing>,
): Segment {
  const leaving = [...crossings].filter(([value, { reduced }]) => levels.of(value) - (reduced ? 1 : 0) === level);
  const finals = outputs.flatMap((value, i) => (levels.of(value) === level ? [{ value, i }] : []));
  const wanted = [...leaving.map(([, { value }]) => value), ...finals.map(({ value }) => value)];
  return {
    crossings: leaving.map(([, crossing]) => crossing),
    outputs: entering(wanted, level, levels, crossings),
    finals: [...leaving.map(() => undefined), ...finals.map(({ i }) => i)],
  };
}

/** `wanted` with everything from earlier segments replaced by inputs. */
function entering(
  wanted: readonly Value[],
  level: number,
  levels: Levels,
  crossings: ReadonlyMap<Value, Crossing>,
): Value[] {
  const inputs = new Map<Value, Value>();
  const replace = (value: Value): Value => {
    const crossing = crossings.get(value);
    if (crossing === undefined || levels.of(value) - (crossing.reduced ? 1 : 0) >= level) return value;
    const known = inputs.get(value) ?? {
      shape: value.shape,
      dtype: value.dtype,
      origin: { kind: "input" as const, name: crossing.name },
    };
    inputs.set(value, known);
    return known;
  };
  const cutAt = wanted.map(replace);
  return rewrite(cutAt, (node) => {
    const replaced = node.outputs.map(replace);
    return replaced.some((value, i) => value !== node.outputs[i]) ? replaced : undefined;
  });
}

// The graph that tracing builds: values and the nodes that make them. Nodes are ONNX operators, plus composite ones of
// our own domain (`lejepa`) that lowering turns into what a device runs best. No graph object: what outputs reach is the graph.

/** Floating-point types of 16 bits: only inside a graph, never in the host's memory. */
export type HalfType = "float16" | "bfloat16";

/** Element types that a value can have; tfjs knows only the first three. */
export type ElementType = "float32" | "int32" | "bool" | "int64" | "uint8" | HalfType;

/** Host memory of a value. */
export type HostData = Float32Array | Int32Array | Uint8Array | BigInt64Array;

/** An ONNX attribute. */
export type Attribute =
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly float: number }
  | { readonly text: string };

/** Operator sets: "" is ONNX's own, `lejepa` is ours and never reaches a session. */
export type Domain = "" | "com.microsoft" | "com.microsoft.nchwc" | "lejepa";

/** An operator application. */
export interface Node {
  readonly op: string;
  readonly domain: Domain;
  readonly inputs: readonly Value[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly outputs: readonly Value[];
}

/**
 * How a value comes to be:
 * - `node`: computed;
 * - `literal`: a constant written by a kernel (axes, shapes, scalars), part of the program's structure;
 * - `data`: host data of a tensor: a constant of a compiled program, an input of an eager one;
 * - `input`: a program's input.
 */
export type Origin =
  | { readonly kind: "node"; readonly node: Node; readonly index: number }
  | { readonly kind: "literal" | "data"; readonly data: HostData }
  | { readonly kind: "input"; readonly name: string };

/** A typed, shaped value of the graph. The origin changes once: when an eager value is computed it becomes data. */
export interface Value {
  readonly shape: readonly number[];
  readonly dtype: ElementType;
  origin: Origin;
}

/** Shape and type of an output to be. */
export interface ValueSpec {
  readonly shape: readonly number[];
  readonly dtype: ElementType;
}

/** Product of the extents. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, extent) => product * extent, 1);

/** True when both shapes are the same. */
export const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((extent, i) => extent === b[i]);

/** Bytes of one element. */
export const elementBytes: Readonly<Record<ElementType, number>> = {
  float32: 4,
  int32: 4,
  bool: 1,
  int64: 8,
  uint8: 1,
  float16: 2,
  bfloat16: 2,
};

/** Whether a type is a floating-point one of 16 bits. */
export const isHalf = (dtype: ElementType): dtype is HalfType => dtype === "float16" || dtype === "bfloat16";

/** The node that computes `value`, when `op` (or any) is what computes it. */
export function producer(value: Value, op?: string): Node | undefined {
  if (value.origin.kind !== "node") return undefined;
  const { node } = value.origin;
  return op === undefined || node.op === op ? node : undefined;
}

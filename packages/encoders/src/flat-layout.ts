// All tensors of a model in one Float32Array, and back. Not a file format (see safetensors.ts): the order is an
// implementation detail of one run.
import { LejepaError } from "@lejepa/contracts";
import * as tf from "@tensorflow/tfjs";
import type { ParamSpec } from "./contract.ts";

/** Where one tensor lies in the flat vector, in elements. */
export interface FlatEntry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly size: number;
}

/** Places of all tensors in one vector. */
export interface FlatLayout {
  readonly entries: readonly FlatEntry[];
  /** Elements in all. */
  readonly length: number;
  /** The first `decayLength` elements are those that weight decay applies to. */
  readonly decayLength: number;
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/**
 * Lays out the tensors one after the other: those with weight decay first, otherwise in the given order. Keep parameters
 * and buffers in two layouts (`params.filter(({ kind }) => kind === "parameter")`): only the former have gradients.
 *
 * @throws LejepaError E_INTERNAL when two tensors share a name
 */
export function flatLayout(params: readonly ParamSpec[]): FlatLayout {
  const ordered = [...params.filter(({ decay }) => decay), ...params.filter(({ decay }) => !decay)];
  const names = new Set(ordered.map(({ name }) => name));
  if (names.size !== ordered.length) {
    throw new LejepaError({ code: "E_INTERNAL", where: "flatLayout", problem: "Two parameters have the same name." });
  }
  let length = 0;
  let decayLength = 0;
  const entries = ordered.map(({ name, shape, decay }) => {
    const entry = { name, shape, offset: length, size: sizeOf(shape) };
    length += entry.size;
    if (decay) decayLength = length;
    return entry;
  });
  return { entries, length, decayLength };
}

/** The flat vector, traced, as tensors by name: one split and a reshape each. Differentiable. */
export function unflatten(flat: tf.Tensor, { entries }: FlatLayout): Record<string, tf.Tensor> {
  if (entries.length === 0) return {};
  const sizes = entries.map(({ size }) => size);
  // tfjs has no gradient for a split into one piece
  const pieces = sizes.length === 1 ? [flat] : tf.split(flat, sizes, 0);
  return Object.fromEntries(
    entries.map(({ name, shape }, i) => [name, tf.reshape(pieces[i] as tf.Tensor, [...shape])]),
  );
}

/** Tensors by name as one flat, traced vector: the inverse of {@link unflatten}. */
export function flatten(tensors: Readonly<Record<string, tf.Tensor>>, { entries }: FlatLayout): tf.Tensor1D {
  if (entries.length === 0) return tf.tensor1d([]);
  return tf.concat1d(entries.map(({ name, size }) => tf.reshape(found(tensors[name], name), [size]) as tf.Tensor1D));
}

/**
 * Host values as one vector.
 * @throws LejepaError E_SHAPE when a tensor is missing or has another number of elements
 */
export function pack(values: ReadonlyMap<string, Float32Array>, { entries, length }: FlatLayout): Float32Array {
  const flat = new Float32Array(length);
  for (const { name, offset, size } of entries) {
    const data = found(values.get(name), name);
    if (data.length !== size) throw wrongSize(name, `${size} elements`, `${data.length}`);
    flat.set(data, offset);
  }
  return flat;
}

/** Views into the vector by name: no copies, so writing to one writes to the vector. */
export function unpack(flat: Float32Array, { entries, length }: FlatLayout): Map<string, Float32Array> {
  if (flat.length !== length) throw wrongSize("flat vector", `${length} elements`, `${flat.length}`);
  return new Map(entries.map(({ name, offset, size }) => [name, flat.subarray(offset, offset + size)]));
}

function found<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw wrongSize(name, "a tensor of this name", "none");
  return value;
}

const wrongSize = (where: string, expected: string, got: string): LejepaError =>
  new LejepaError({ code: "E_SHAPE", where, expected, got });

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
  /** Elements in all; a multiple of {@link flatRow}. */
  readonly length: number;
  /** The first `decayLength` elements are those that weight decay applies to; a multiple of {@link flatRow}. */
  readonly decayLength: number;
}

/**
 * Both parts of a vector are filled up with zeros to whole rows of this many elements: an optimizer that looks at it as a
 * matrix has one decay a row and sums row by row, without slicing and with small rounding errors.
 */
export const flatRow = 1024;

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);
const wholeRows = (length: number): number => Math.ceil(length / flatRow) * flatRow;

/**
 * Lays out the tensors one after the other: those with weight decay first, otherwise in the given order; the others start
 * with a new row of {@link flatRow} elements. Keep parameters
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
  const decayed = ordered.reduce((sum, { decay, shape }) => sum + (decay ? sizeOf(shape) : 0), 0);
  const decayLength = wholeRows(decayed);
  let reached = 0;
  const entries = ordered.map(({ name, shape, decay }) => {
    const offset = decay ? reached : Math.max(reached, decayLength);
    const entry = { name, shape, offset, size: sizeOf(shape) };
    reached = offset + entry.size;
    return entry;
  });
  return { entries, length: Math.max(decayLength, wholeRows(reached)), decayLength };
}

/** The entries and the gaps between them, in order. */
function segments({ entries, length }: FlatLayout): { readonly size: number; readonly entry?: FlatEntry }[] {
  const all: { size: number; entry?: FlatEntry }[] = [];
  let reached = 0;
  for (const entry of entries) {
    if (entry.offset > reached) all.push({ size: entry.offset - reached });
    all.push({ size: entry.size, entry });
    reached = entry.offset + entry.size;
  }
  if (length > reached) all.push({ size: length - reached });
  return all;
}

/** The flat vector, traced, as tensors by name: one split and a reshape each. Differentiable. */
export function unflatten(flat: tf.Tensor, layout: FlatLayout): Record<string, tf.Tensor> {
  if (layout.entries.length === 0) return {};
  const parts = segments(layout);
  const pieces = tf.split(
    flat,
    parts.map(({ size }) => size),
    0,
  );
  return Object.fromEntries(
    parts.flatMap(({ entry }, i) =>
      entry === undefined ? [] : [[entry.name, tf.reshape(pieces[i] as tf.Tensor, [...entry.shape])]],
    ),
  );
}

/** Tensors by name as one flat, traced vector: the inverse of {@link unflatten}. */
export function flatten(tensors: Readonly<Record<string, tf.Tensor>>, layout: FlatLayout): tf.Tensor1D {
  if (layout.entries.length === 0) return tf.tensor1d([]);
  return tf.concat1d(
    segments(layout).map(({ size, entry }) =>
      entry === undefined
        ? tf.zeros([size])
        : (tf.reshape(found(tensors[entry.name], entry.name), [size]) as tf.Tensor1D),
    ),
  );
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

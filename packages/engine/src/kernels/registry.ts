// What a kernel is here: a function from values to values. It records; nothing is computed.
import type { Value } from "../graph/value.ts";

/** Inputs of a kernel by tfjs's names (variadic ones by position). */
export type KernelInputs = Readonly<Record<string, Value>>;

/** A recorded op: inputs and tfjs attributes in, output values out. */
export type Kernel<Attributes = unknown> = (inputs: KernelInputs, attributes: Attributes) => Value | readonly Value[];

/** A table of kernels by tfjs kernel name. */
export type KernelTable = Readonly<Record<string, Kernel>>;

/** Types a kernel's attributes (tfjs hands them over untyped). */
export const kernel = <Attributes>(fn: Kernel<Attributes>): Kernel => fn as Kernel;

/** The input called `name`. */
export function input(inputs: KernelInputs, name: string): Value {
  const value = inputs[name];
  if (value === undefined) throw new Error(`kernel input ${name} is missing`);
  return value;
}

/** Positive axis. */
export const axisOf = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/** Positive axes; all of them when none is given. */
export function axesOf(axes: number | readonly number[] | null | undefined, rank: number): number[] {
  if (axes === null || axes === undefined) return Array.from({ length: rank }, (_, i) => i);
  return (typeof axes === "number" ? [axes] : [...axes]).map((axis) => axisOf(axis, rank));
}

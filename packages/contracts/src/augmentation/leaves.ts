/**
 * The few kinds of values that operations of a view are set with. Every leaf has a default: the value that it takes when a
 * user turns the operation on and says no more.
 */
import { z } from "zod";

/** `chance(0.5, "is blurred")`: the probability of an operation. */
export function chance(fallback: number, what: string): z.ZodDefault<z.ZodNumber> {
  return z.number().min(0).max(1).default(fallback).describe(`Chance that a view ${what}; 0: never.`);
}

/** A closed range that a value is drawn from, `[from, to]`. */
export function range(
  fallback: readonly [number, number],
  { min, max }: { readonly min?: number; readonly max?: number },
  what: string,
): z.ZodDefault<z.ZodTuple<[z.ZodNumber, z.ZodNumber], null>> {
  const bounded = (): z.ZodNumber => {
    const lower = min === undefined ? z.number() : z.number().min(min);
    return max === undefined ? lower : lower.max(max);
  };
  return z
    .tuple([bounded(), bounded()])
    .default([...fallback])
    .describe(what);
}

/** A number between bounds. */
export function amount(
  fallback: number,
  { min = 0, max }: { readonly min?: number; readonly max?: number },
  what: string,
): z.ZodDefault<z.ZodNumber> {
  const lower = z.number().min(min);
  return (max === undefined ? lower : lower.max(max)).default(fallback).describe(what);
}

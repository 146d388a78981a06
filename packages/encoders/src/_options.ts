// Checks the options of an encoder or projector at run time: they come from configuration files. Not the schema of that
// file (contracts has it), and no coercion.
import { LejepaError, nearest } from "@lejepa/contracts";

/** A condition on one option, in words and as a test. */
export interface Rule {
  readonly text: string;
  test(value: unknown): boolean;
}

const isInteger = (value: unknown, least: number): boolean => Number.isSafeInteger(value) && (value as number) >= least;

export const integer = (least: number): Rule => ({
  text: `an integer >= ${least}`,
  test: (value) => isInteger(value, least),
});

export const oneOf = (...values: readonly (string | number)[]): Rule => ({
  text: values.map((value) => JSON.stringify(value)).join(" or "),
  test: (value) => values.some((allowed) => allowed === value),
});

export const fraction: Rule = {
  text: "a number in [0, 1)",
  test: (value) => typeof value === "number" && value >= 0 && value < 1,
};

export const integers = (least: number, count?: number): Rule => ({
  text: `a list of ${count === undefined ? "" : `${count} `}integers >= ${least}`,
  test: (value) =>
    Array.isArray(value) &&
    (count === undefined || value.length === count) &&
    value.every((item) => isInteger(item, least)),
});

export const text: Rule = { text: "a string", test: (value) => typeof value === "string" };

/**
 * Throws E_CONFIG for an unknown key (with the nearest known one) or a value that breaks its rule; `undefined` counts
 * as not given.
 */
export function checkOptions(where: string, options: object, rules: Readonly<Record<string, Rule>>): void {
  for (const [key, value] of Object.entries(options)) {
    const rule = Object.hasOwn(rules, key) ? rules[key] : undefined;
    if (rule === undefined) throw unknownKey(where, key, Object.keys(rules));
    if (value === undefined || rule.test(value)) continue;
    throw invalid(where, `${key} as ${rule.text}`, `${JSON.stringify(value)}`);
  }
}

function unknownKey(where: string, key: string, known: readonly string[]): LejepaError {
  const similar = nearest(key, known);
  return new LejepaError({
    code: "E_CONFIG",
    where,
    expected: `one of the options ${known.join(", ")}`,
    got: JSON.stringify(key),
    hint: similar === undefined ? undefined : `Did you mean ${JSON.stringify(similar)}?`,
  });
}

/** An E_CONFIG error about options. */
export const invalid = (where: string, expected: string, got: string, hint?: string): LejepaError =>
  new LejepaError({ code: "E_CONFIG", where, expected, got, hint });

/** `options` over `defaults`, where an explicit `undefined` counts as not given. */
export function withDefaults<T extends object>(
  defaults: T,
  options: { readonly [K in keyof T]?: T[K] | undefined },
): T {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return { ...defaults, ...given };
}

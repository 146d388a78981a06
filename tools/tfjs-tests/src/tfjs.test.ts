// tfjs's own tests on the onnx backend. `npm test` runs every fourth; TFJS_TESTS=all runs all, TFJS_TESTS=update writes the
// list of excluded ones anew (only those that excluded.ts has a reason for).
import { readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { reasonFor } from "./excluded.ts";
import { runSpecs, type SpecResult } from "./run-specs.ts";

const list = new URL("excluded.json", import.meta.url);
const mode = process.env.TFJS_TESTS ?? "quick";

/** Excluded specs by name, with their reasons. */
const excluded = new Map<string, string>();
let results: readonly SpecResult[] = [];

beforeAll(async () => {
  results = await runSpecs(mode === "quick" ? 4 : 1);
  if (mode === "update") writeFileSync(list, `${JSON.stringify(byReason(results), null, 2)}\n`);
  const entries = JSON.parse(readFileSync(list, "utf8")) as Record<string, string[]>;
  for (const [reason, names] of Object.entries(entries)) for (const name of names) excluded.set(name, reason);
}, 1_800_000);

function byReason(all: readonly SpecResult[]): Record<string, string[]> {
  const reasons: Record<string, string[]> = {};
  for (const { name, status, messages } of all) {
    const reason = status === "failed" ? reasonFor(name, messages) : undefined;
    if (reason !== undefined) (reasons[reason] ??= []).push(name);
  }
  const sorted = Object.entries(reasons).toSorted(([a], [b]) => a.localeCompare(b));
  return Object.fromEntries(sorted.map(([reason, names]) => [reason, [...new Set(names)].toSorted()]));
}

describe("tfjs's specs", () => {
  test("ran", () => {
    expect(results.length).toBeGreaterThan(mode === "quick" ? 1000 : 4000);
    expect(results.filter(({ status }) => status === "passed").length).toBeGreaterThan(0.75 * results.length);
  });

  test("pass, or are excluded for the reason that the list gives", () => {
    const failed = results.filter(({ status }) => status === "failed");
    const surprising = failed.filter(({ name, messages }) => {
      const reason = excluded.get(name);
      return reason === undefined || reason !== reasonFor(name, messages);
    });
    expect(surprising.map(({ name, messages }) => `${name}: ${messages[0]?.slice(0, 300)}`)).toEqual([]);
  });

  test("are not excluded when they pass", () => {
    const failing = new Set(results.filter(({ status }) => status === "failed").map(({ name }) => name));
    const stale = results.filter(({ name, status }) => status === "passed" && excluded.has(name) && !failing.has(name));
    expect(stale.map(({ name }) => name)).toEqual([]);
  });
});

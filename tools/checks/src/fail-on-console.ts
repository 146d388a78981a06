// Vitest set-up file: a test that leaves something on the console fails, and says what.
// Libraries here are silent; a test that expects output spies on the console itself.
import { afterEach, beforeEach } from "vitest";

const methods = ["debug", "error", "info", "log", "warn"] as const;
const original = Object.fromEntries(methods.map((method) => [method, console[method]]));
let lines: string[] = [];

beforeEach(() => {
  lines = [];
  for (const method of methods) {
    console[method] = (...values: unknown[]) => {
      lines.push(`console.${method}: ${values.map(String).join(" ")}`);
    };
  }
});

afterEach(() => {
  Object.assign(console, original);
  if (lines.length > 0) throw new Error(`unexpected console output:\n${lines.join("\n")}`);
});

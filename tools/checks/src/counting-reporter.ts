// Vitest reporter: leaves test-output/counts.json in the package, which `npm test` adds up.
// Beside vitest's own JSON reporter because that one drops why a test was skipped.
import { mkdirSync, writeFileSync } from "node:fs";
import type { Reporter, TestModule } from "vitest/node";

/** What one project's test run came to. `broken`: files that failed outside a test, and unhandled errors. */
export interface TestCounts {
  passed: number;
  failed: number;
  broken: number;
  skipped: { name: string; reason: string }[];
}

export class CountingReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const counts: TestCounts = { passed: 0, failed: 0, broken: unhandled.length, skipped: [] };
    for (const module of modules) addModule(counts, module);
    mkdirSync("test-output", { recursive: true });
    writeFileSync("test-output/counts.json", `${JSON.stringify(counts, null, 2)}\n`);
  }
}

function addModule(counts: TestCounts, module: TestModule): void {
  if (module.errors().length > 0) counts.broken += 1;
  for (const suite of module.children.allSuites()) if (suite.errors().length > 0) counts.broken += 1;
  for (const test of module.children.allTests()) {
    const result = test.result();
    if (result.state === "passed") counts.passed += 1;
    else if (result.state === "failed") counts.failed += 1;
    else counts.skipped.push({ name: test.fullName, reason: (result.state === "skipped" && result.note) || "" });
  }
}

// Vitest global set-up: builds this package and the toy dataset, because processes and threads run built files (see
// src/worker-url.ts).
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const compiler = fileURLToPath(new URL("../../../node_modules/@typescript/native/bin/tsc", import.meta.url));
const project = fileURLToPath(new URL("../tsconfig.lib.json", import.meta.url));

export function setup(): void {
  try {
    execFileSync(process.execPath, [compiler, "-b", project], { encoding: "utf8" });
  } catch (error) {
    throw new Error(`packages/data does not build:\n${(error as { stdout?: string }).stdout ?? ""}`, { cause: error });
  }
  const source = readFileSync(fileURLToPath(new URL("../src/_toy-dataset.test-helper.ts", import.meta.url)), "utf8");
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
  mkdirSync(fileURLToPath(new URL("../out-tsc", import.meta.url)), { recursive: true });
  const { outputText } = ts.transpileModule(source, { compilerOptions });
  writeFileSync(fileURLToPath(new URL("../out-tsc/toy-dataset.mjs", import.meta.url)), outputText);
}

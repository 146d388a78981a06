// Vitest global set-up: builds this package, because worker threads run the built files (see src/worker-url.ts).
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const compiler = fileURLToPath(new URL("../../../node_modules/@typescript/native/bin/tsc", import.meta.url));
const project = fileURLToPath(new URL("../tsconfig.lib.json", import.meta.url));

export function setup(): void {
  try {
    execFileSync(process.execPath, [compiler, "-b", project], { encoding: "utf8" });
  } catch (error) {
    throw new Error(`packages/data does not build:\n${(error as { stdout?: string }).stdout ?? ""}`, { cause: error });
  }
}

/**
 * Where the entry of a process or thread lies. They run the built files even when this package itself runs from its
 * TypeScript sources (in its own tests), because Node 20 does not take TypeScript.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { LejepaError } from "@lejepa/contracts";

/**
 * The URL of `name`.js beside this module.
 *
 * @throws LejepaError E_INTERNAL when this package runs from sources and was not built
 */
export function workerUrl(name: "plugin-child" | "watchdog" | "batch-worker"): string {
  const fromSource = import.meta.url.endsWith(".ts");
  const url = new URL(fromSource ? `../dist/${name}.js` : `./${name}.js`, import.meta.url);
  if (fromSource && !existsSync(fileURLToPath(url))) {
    throw new LejepaError({
      code: "E_INTERNAL",
      where: "@lejepa/data",
      expected: `the built file of ${name}`,
      got: "none",
      hint: "Run `npx tsc -b packages/data/tsconfig.lib.json`.",
    });
  }
  return url.href;
}

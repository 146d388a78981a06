// What every package's vitest.config.ts starts from. Not a list of projects: nx finds those.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { CountingReporter } from "./tools/checks/src/counting-reporter.ts";

// workspace packages resolve to their sources, so no test waits for a build
const conditions = ["@lejepa/source", "module", "node", "development|production"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    setupFiles: [fileURLToPath(new URL("./tools/checks/src/fail-on-console.ts", import.meta.url))],
    // leaves the counts that `npm test` adds up; nx caches them with the result
    reporters: ["default", new CountingReporter()],
    // native addons (ONNX Runtime, sharp) are loaded in processes of their own
    pool: "forks",
    testTimeout: 60_000,
    hookTimeout: 60_000,
    passWithNoTests: true,
  },
});

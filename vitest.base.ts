// What every package's vitest.config.ts starts from. Not a list of projects: nx finds those.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

// workspace packages resolve to their sources, so no test waits for a build
const conditions = ["@lejepa/source", "module", "node", "development|production"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    setupFiles: [fileURLToPath(new URL("./tools/checks/src/fail-on-console.ts", import.meta.url))],
    // the JSON report is what `npm test` counts; nx caches it with the result
    reporters: ["default", ["json", { outputFile: "test-output/vitest.json" }]],
    // native addons (ONNX Runtime, sharp) are loaded in processes of their own
    pool: "forks",
    testTimeout: 60_000,
    hookTimeout: 60_000,
    passWithNoTests: true,
  },
});

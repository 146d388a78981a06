import { defineConfig } from "vitest/config";

// workspace packages resolve to their sources, so no test waits for a build
const conditions = ["@lejepa/source", "module", "node", "development|production"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    reporters: ["default", ["json", { outputFile: "test-output/vitest.json" }]],
    testTimeout: 60_000,
    passWithNoTests: true,
  },
});

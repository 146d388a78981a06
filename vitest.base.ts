// What every package's vitest.config.ts starts from. Not a list of projects: nx finds those.
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { CountingReporter } from "./tools/checks/src/counting-reporter.ts";

// workspace packages resolve to their sources, so no test waits for a build
const conditions = ["@lejepa/source", "module", "node", "development|production"];

// tests of webgpu find a Vulkan device here: SwiftShader, a software one, from Debian's chromium-common, unless one is named
const swiftShader = "/usr/lib/chromium/vk_swiftshader_icd.json";
const vulkan = process.env["VK_DRIVER_FILES"] ?? (existsSync(swiftShader) ? swiftShader : undefined);
const runtime = process.env["XDG_RUNTIME_DIR"] ?? tmpdir();

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
    env: vulkan === undefined ? {} : { VK_DRIVER_FILES: vulkan, VK_ICD_FILENAMES: vulkan, XDG_RUNTIME_DIR: runtime },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    passWithNoTests: true,
  },
});

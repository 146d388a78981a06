import { defineConfig, mergeConfig } from "vitest/config";
import base from "../../vitest.base.ts";

export default mergeConfig(
  base,
  defineConfig({
    test: {
      name: "@lejepa/tfjs-tests",
      testTimeout: 1_800_000,
      // tfjs's spec files import each other without extensions, which Node does not resolve and Vite does
      server: { deps: { inline: [/tfjs-core[/\\]dist/] } },
    },
  }),
);

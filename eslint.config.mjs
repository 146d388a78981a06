// ESLint holds what only it can: the direction of imports (nx tags), each package's list of dependencies, and sizes.
// Everything else is oxlint's (.oxlintrc.json). The rules need nx's cached project graph: run them through
// `nx lint` (or after any nx command), or the boundary rules skip themselves; tools/checks tests that they bite.
import { builtinModules } from "node:module";
import nx from "@nx/eslint-plugin";
import parser from "@typescript-eslint/parser";
import * as jsonParser from "jsonc-eslint-parser";
import { depConstraints, universalPackages } from "./tools/checks/src/layers.mjs";

const tests = ["**/*.test.ts", "**/*.test.mjs", "**/_*.test-helper.ts", "**/test/**"];
const generated = ["**/dist", "**/out-tsc", "**/test-output", "**/fixtures", ".nx", "runs", "templates"];
const universal = universalPackages.map((name) => `packages/${name}/src/**/*.ts`);

const nodeOnly = "This package runs wherever JavaScript runs: no Node built-ins here.";

export default [
  { ignores: generated },
  {
    files: ["**/*.ts", "**/*.mjs"],
    languageOptions: { parser, sourceType: "module" },
    plugins: { "@nx": nx },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "@nx/enforce-module-boundaries": [
        "error",
        {
          // the root's own configuration files, which no project holds
          allow: ["^\\.\\./\\.\\./vitest\\.base\\.ts$"],
          banTransitiveDependencies: true,
          // a command loads heavy packages lazily and light ones of the same name statically
          checkDynamicDependenciesExceptions: [".*"],
          enforceBuildableLibDependency: true,
          depConstraints,
        },
      ],
      "no-restricted-syntax": [
        "error",
        { selector: "ExportAllDeclaration", message: "Name every export: `export *` hides the public surface." },
      ],
      "max-lines": ["error", { max: 500 }],
      "max-lines-per-function": ["error", { max: 80 }],
    },
  },
  { files: tests, rules: { "max-lines-per-function": "off" } },
  // generated or literal tables are data: their length says nothing
  { files: ["**/*.table.ts"], rules: { "max-lines": "off" } },
  {
    files: universal,
    ignores: tests,
    rules: {
      "no-restricted-imports": [
        "error",
        {
          paths: builtinModules.map((name) => ({ name, message: nodeOnly })),
          patterns: [{ group: ["node:*"], message: nodeOnly }],
        },
      ],
      "no-restricted-globals": [
        "error",
        ...["process", "Buffer", "require", "__dirname"].map((name) => ({ name, message: nodeOnly })),
      ],
    },
  },
  {
    files: ["packages/*/package.json", "datasets/*/package.json"],
    languageOptions: { parser: jsonParser },
    plugins: { "@nx": nx },
    rules: {
      "@nx/dependency-checks": [
        "error",
        {
          ignoredFiles: [
            "{projectRoot}/**/*.test.ts",
            "{projectRoot}/**/_*.test-helper.ts",
            "{projectRoot}/test/**",
            "{projectRoot}/vitest.config.ts",
          ],
          // loaded by name: the one that a user gives, and the optional peers where they are found
          ignoredDependencies: ["@lejepa/dataset-folder", "@tensorflow/tfjs-node", "@tensorflow/tfjs-node-gpu"],
        },
      ],
    },
  },
];

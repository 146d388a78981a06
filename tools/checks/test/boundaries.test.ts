// The boundary rules bite: deliberate violations, linted with the workspace's own configuration, must fail, and what
// the layers allow must pass. Guards against a rule that skips itself (nx's do, without a cached project graph).
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ESLint } from "eslint";
import { beforeAll, describe, expect, test } from "vitest";
import { root, run } from "../src/command.mjs";
import { layers } from "../src/layers.mjs";

interface Graph {
  nodes: Record<string, { data: { root: string; tags?: string[] } }>;
  dependencies: Record<string, { target: string }[]>;
}

const eslint = new ESLint({ cwd: root });
let graph: Graph;

/** Lints `text` as if it stood in `file`, a path of the workspace, and returns the rules it breaks. */
async function brokenRules(file: string, text: string): Promise<(string | null)[]> {
  const [result] = await eslint.lintText(text, { filePath: join(root, file) });
  return [...new Set((result?.messages ?? []).map(({ ruleId }) => ruleId))];
}

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), "lejepa-graph-"));
  const file = join(folder, "graph.json");
  const { code, output } = await run("nx", ["graph", `--file=${file}`]);
  expect(code, output).toBe(0);
  graph = (JSON.parse(readFileSync(file, "utf8")) as { graph: Graph }).graph;
  rmSync(folder, { recursive: true });
});

const boundary = "@nx/enforce-module-boundaries";
const forbidden: [from: string, what: string, rule: string][] = [
  ["packages/contracts", "@lejepa/engine", boundary],
  ["packages/engine", "@lejepa/core", boundary],
  ["packages/core", "@lejepa/data", boundary],
  ["packages/core", "@lejepa/encoders", boundary],
  ["packages/core", "@lejepa/dataset-folder", boundary],
  ["packages/data", "@lejepa/engine", boundary],
  ["packages/train", "@lejepa/cli", boundary],
  ["packages/eval", "@lejepa/dataset-folder", boundary],
  ["datasets/folder", "@lejepa/data", boundary],
  ["datasets/folder", "@lejepa/cli", boundary],
  ["datasets/food101", "@lejepa/dataset-folder", boundary],
  ["packages/image", "@lejepa/dataset-folder", boundary],
  ["packages/data", "@lejepa/image", boundary],
  // npm packages: a concrete device in the method, a decoder in the contracts, somebody else's dependency
  ["packages/encoders", "onnxruntime-node", boundary],
  ["packages/contracts", "sharp", boundary],
  ["packages/data", "chalk", boundary],
  // another package's insides
  ["packages/train", "../../core/src/index.ts", boundary],
  // Node's own modules in packages that must run anywhere
  ["packages/contracts", "node:fs", "no-restricted-imports"],
  ["packages/core", "fs", "no-restricted-imports"],
  ["packages/encoders", "node:fs/promises", "no-restricted-imports"],
  ["packages/augment", "path", "no-restricted-imports"],
];

const allowed: [from: string, what: string][] = [
  ["packages/contracts", "zod"],
  ["packages/engine", "@lejepa/contracts"],
  ["packages/core", "@lejepa/engine"],
  ["packages/train", "@lejepa/core"],
  ["packages/eval", "@lejepa/data"],
  ["packages/data", "node:fs"],
  ["packages/cli", "@lejepa/dataset-folder"],
  ["datasets/folder", "@lejepa/contracts"],
  ["datasets/folder", "@lejepa/image"],
];

describe("imports", () => {
  test.each(forbidden)("%s may not import %s", async (from, what, rule) => {
    expect(await brokenRules(`${from}/src/index.ts`, `import * as it from "${what}";\nexport { it };\n`)).toEqual([
      rule,
    ]);
  });

  test.each(allowed)("%s may import %s", async (from, what) => {
    expect(await brokenRules(`${from}/src/index.ts`, `import * as it from "${what}";\nexport { it };\n`)).toEqual([]);
  });

  test("every dependency in nx's project graph follows the layers", () => {
    const layerOf = (name: string) =>
      (graph.nodes[name]?.data.tags ?? []).find((tag) => tag.startsWith("layer:"))?.slice(6);
    const wrong = Object.entries(graph.dependencies).flatMap(([from, targets]) =>
      targets
        .filter(({ target }) => graph.nodes[target] !== undefined)
        .filter(({ target }) => !layers[layerOf(from) as keyof typeof layers]?.includes(layerOf(target) ?? "none"))
        .map(({ target }) => `${from} -> ${target}`),
    );
    expect(wrong).toEqual([]);
    expect(Object.keys(graph.nodes)).toContain("@lejepa/engine");
  });

  test("templates are no projects", () => {
    expect(Object.values(graph.nodes).filter(({ data }) => data.root.startsWith("templates"))).toEqual([]);
  });
});

describe("sizes", () => {
  const lines = (count: number) => Array.from({ length: count }, (_, i) => `export const x${i} = ${i};`).join("\n");
  const longFunction = `export function f() {\n${"  f();\n".repeat(80)}}\n`;

  test("a file of 501 lines fails, one of 500 passes", async () => {
    expect(await brokenRules("packages/data/src/long.ts", lines(501))).toEqual(["max-lines"]);
    expect(await brokenRules("packages/data/src/long.ts", lines(500))).toEqual([]);
  });

  test("a function of 82 lines fails, except in tests", async () => {
    expect(await brokenRules("packages/data/src/long.ts", longFunction)).toEqual(["max-lines-per-function"]);
    expect(await brokenRules("packages/data/src/long.test.ts", longFunction)).toEqual([]);
  });

  test("`export *` fails", async () => {
    expect(await brokenRules("packages/data/src/x.ts", `export * from "./y.ts";\n`)).toEqual(["no-restricted-syntax"]);
  });
});

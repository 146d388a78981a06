import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Dataset } from "@lejepa/contracts";
import { checkDataset } from "@lejepa/contracts/testing";
import type { Tree } from "@nx/devkit";
import { createTreeWithEmptyWorkspace } from "@nx/devkit/testing";
import { expect, onTestFinished, test } from "vitest";
import { generateDataset } from "./dataset.mjs";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const model = [
  "package.json",
  "LICENSE",
  "vitest.config.ts",
  "tsconfig.json",
  "tsconfig.lib.json",
  "tsconfig.spec.json",
];

/** A workspace in memory with the files that the generator takes as its model. */
function workspace(): Tree {
  const tree = createTreeWithEmptyWorkspace();
  for (const file of ["tsconfig.json", ...model.map((name) => `datasets/folder/${name}`)])
    tree.write(file, readFileSync(join(root, file)));
  return tree;
}

const json = (tree: Tree, file: string) => JSON.parse(tree.read(file, "utf8") as string) as Record<string, unknown>;

function filesBelow(tree: Tree, folder: string): string[] {
  return tree.children(folder).flatMap((name) => {
    const path = `${folder}/${name}`;
    return tree.isFile(path) ? [path] : filesBelow(tree, path);
  });
}

test("the package has all that the others have, under its own name", () => {
  const tree = workspace();
  generateDataset(tree, { name: "my-scope", title: "My scope" });
  expect(filesBelow(tree, "datasets/my-scope").sort()).toEqual(
    [...model, "README.md", "src/index.ts", "src/plugin.test.ts", "src/plugin.ts", "src/read-pgm.ts"]
      .map((file) => `datasets/my-scope/${file}`)
      .sort(),
  );
  const { dependencies, ...manifest } = json(tree, "datasets/my-scope/package.json");
  const folder = json(tree, "datasets/folder/package.json");
  const { zod } = folder["dependencies"] as Record<string, string>;
  expect(dependencies).toEqual({ "@lejepa/contracts": "*", zod });
  expect(manifest).toMatchObject({
    name: "@lejepa/dataset-my-scope",
    description: "My scope dataset plugin of lejepa.",
    version: folder["version"],
    nx: { tags: ["layer:dataset"] },
  });
  expect(manifest["devDependencies"]).toBeUndefined();
  expect(json(tree, "tsconfig.json")["references"]).toContainEqual({ path: "./datasets/my-scope" });
  expect(tree.read("datasets/my-scope/vitest.config.ts", "utf8")).toContain('"@lejepa/dataset-my-scope"');
  expect(tree.read("datasets/my-scope/src/plugin.ts", "utf8")).toContain("export const myScope = defineDataset({");
});

test("what is generated type-checks and keeps the contract", async () => {
  const tree = workspace();
  generateDataset(tree, { name: "my-scope" });
  // inside the workspace, where its packages are found
  const folder = fileURLToPath(new URL("../test-output/my-scope/", import.meta.url));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const write = (path: string, contents: string | Uint8Array): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), contents);
  };
  for (const file of filesBelow(tree, "datasets/my-scope/src"))
    write(file.slice("datasets/my-scope/".length), tree.read(file) as Buffer);
  const compilerOptions = {
    noEmit: true,
    composite: false,
    emitDeclarationOnly: false,
    types: ["node"],
    rewriteRelativeImportExtensions: false,
    allowImportingTsExtensions: true,
  };
  write(
    "tsconfig.json",
    JSON.stringify({ extends: join(root, "tsconfig.base.json"), compilerOptions, include: ["src"] }),
  );
  execFileSync(process.execPath, [join(root, "node_modules/@typescript/native/bin/tsc"), "-p", folder], {
    stdio: "pipe",
  });
  write("images/a/1.pgm", Buffer.concat([Buffer.from("P5 2 2 65535\n"), Buffer.from([0, 1, 0, 2, 1, 0, 255, 255])]));
  write("images/b/2.pgm", Buffer.concat([Buffer.from("P5 2 2 65535\n"), Buffer.alloc(8, 9)]));
  const { myScope } = (await import(join(folder, "src/plugin.ts"))) as { myScope: Dataset };
  const path = join(folder, "images");
  expect(await checkDataset(myScope, { path }, { cacheDir: folder, channels: 1, size: 2 })).toEqual([]);
  await expect(
    import(join(folder, "src/read-pgm.ts")).then(({ readPgm }) => readPgm(join(folder, "tsconfig.json"))),
  ).rejects.toThrow("is no binary PGM");
});

test.each([
  ["folder", "expected a name that is free"],
  ["My Scope", "expected a name of lower-case letters, digits and dashes"],
  ["../x", "expected a name of lower-case letters, digits and dashes"],
])("the name %j is refused", (name, message) => {
  expect(() => {
    generateDataset(workspace(), { name });
  }).toThrow(message);
});

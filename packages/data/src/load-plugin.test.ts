import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { temporaryFolder } from "./_toy.test-helper.ts";
import { loadPlugin } from "./load-plugin.ts";

const source = `export const dots = { kind: "lejepa/dataset", api: 1, id: "dots" };`;

test("JavaScript and TypeScript modules are loaded, the plugin found by id", async () => {
  const root = await temporaryFolder();
  await writeFile(join(root, "dots.mjs"), source);
  await writeFile(
    join(root, "dots.ts"),
    `type Id = string;\nconst id: Id = "dots";\n${source.replace('"dots" }', "id }")}`,
  );
  for (const name of ["dots.mjs", "dots.ts"]) {
    expect(await loadPlugin(pathToFileURL(join(root, name)).href, "dots")).toMatchObject({ id: "dots" });
  }
  await expect(loadPlugin(pathToFileURL(join(root, "dots.mjs")).href, "dot")).rejects.toThrow("got plugins dots");
});

test("an error inside the module is that error", async () => {
  const root = await temporaryFolder();
  await writeFile(join(root, "bad.mjs"), `throw new Error("no luck");`);
  await expect(loadPlugin(pathToFileURL(join(root, "bad.mjs")).href, "bad")).rejects.toThrow("no luck");
});

// Promises of the workspace that no other tool looks at.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { parseConfig } from "@lejepa/contracts";
import { describe, expect, test } from "vitest";
import { root } from "../src/command.mjs";
import { workspacePackages } from "../src/packages.mjs";

const read = (path: string) => readFileSync(root + path, "utf8");
const manifest = (folder: string) => JSON.parse(read(`${folder}/package.json`)) as Record<string, unknown>;
const published = workspacePackages().filter((one) => one.published);

describe.each(published)("$name", ({ folder }) => {
  test("says what it needs to be published", () => {
    expect(manifest(folder)).toMatchObject({
      version: manifest("packages/contracts")["version"],
      license: "MIT",
      type: "module",
      sideEffects: false,
      engines: { node: ">=20.19" },
    });
    expect(read(`${folder}/LICENSE`)).toBe(read("LICENSE"));
  });

  test("has a README of at most 80 lines", () => {
    expect(read(`${folder}/README.md`).trimEnd().split("\n").length).toBeLessThanOrEqual(80);
  });

  test("pins its dependencies; the packages of this workspace share one version", () => {
    const own = ["*", `^${String(manifest(folder)["version"])}`];
    const ranges = Object.entries((manifest(folder)["dependencies"] ?? {}) as Record<string, string>);
    const loose = ranges.filter(([name, range]) =>
      name.startsWith("@lejepa/") ? !own.includes(range) : !/^\d+\.\d+\.\d+[\w.-]*$/.test(range),
    );
    expect(loose).toEqual([]);
  });
});

test("no package needs an install script: npm runs none", () => {
  expect(read(".npmrc")).toMatch(/^ignore-scripts=true$/m);
});

test("decision records have at most 40 lines and a number of their own", () => {
  const records = readdirSync(`${root}tools/decisions`).filter((name) => name !== "README.md");
  const long = records.filter((name) => read(`tools/decisions/${name}`).trimEnd().split("\n").length > 40);
  expect(long).toEqual([]);
  expect(new Set(records.map((name) => /^\d{4}(?=-[a-z0-9-]+\.md$)/.exec(name)?.[0])).size).toBe(records.length);
});

describe("templates/folder", () => {
  test("its config is a valid configuration", async () => {
    const { default: config } = (await import(`${root}templates/folder/lejepa.config.ts`)) as { default: unknown };
    expect(parseConfig(config, "lejepa.config.ts").dataset.id).toBe("folder");
  });

  test("depends on the packages of this version", () => {
    const dependencies = manifest("templates/folder")["dependencies"] as Record<string, string>;
    const names = published.map(({ name }) => name);
    for (const [name, range] of Object.entries(dependencies)) {
      expect(names).toContain(name);
      expect(range).toBe(`^${String(manifest("packages/contracts")["version"])}`);
    }
  });

  test("carries the files that npm would drop under another name", () => {
    expect(["_gitignore", "_npmrc"].filter((name) => !existsSync(`${root}templates/folder/${name}`))).toEqual([]);
  });
});

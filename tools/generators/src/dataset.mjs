// Generates the package of a new dataset plugin, which works at once: it reads PGM files, and its test runs the contract.
// What every dataset package shares (manifest, tsconfigs, licence) is taken from datasets/folder, so that it cannot age here.
import { join } from "node:path";
import { generateFiles, names, readJson, updateJson } from "@nx/devkit";

const model = "datasets/folder";
const copied = ["LICENSE", "tsconfig.json", "tsconfig.spec.json"];

/**
 * @typedef {object} DatasetOptions
 * @property {string} name id of the plugin
 * @property {string} [title] in words
 */

/**
 * @param {import("@nx/devkit").Tree} tree
 * @param {DatasetOptions} options
 */
export function generateDataset(tree, { name, title = name }) {
  if (!/^[a-z][a-z0-9-]*$/.test(name))
    throw new Error(
      `dataset generator: expected a name of lower-case letters, digits and dashes, got ${JSON.stringify(name)}.`,
    );
  const folder = `datasets/${name}`;
  if (tree.exists(`${folder}/package.json`))
    throw new Error(`dataset generator: expected a name that is free, got ${JSON.stringify(name)}. Look at ${folder}.`);
  generateFiles(tree, join(import.meta.dirname, "../files"), folder, { id: name, title, ...names(name) });
  for (const file of copied) tree.write(`${folder}/${file}`, tree.read(`${model}/${file}`) ?? "");
  tree.write(
    `${folder}/vitest.config.ts`,
    String(tree.read(`${model}/vitest.config.ts`)).replace("dataset-folder", `dataset-${name}`),
  );
  writeManifest(tree, folder, { name, title });
  writeReferences(tree, folder);
}

/** @param {import("@nx/devkit").Tree} tree @param {string} folder @param {{ name: string, title: string }} options */
function writeManifest(tree, folder, { name, title }) {
  const { dependencies, devDependencies: _, ...rest } = readJson(tree, `${model}/package.json`);
  const manifest = {
    ...rest,
    name: `@lejepa/dataset-${name}`,
    description: `${title} dataset plugin of lejepa.`,
    dependencies: { "@lejepa/contracts": dependencies["@lejepa/contracts"], zod: dependencies.zod },
  };
  tree.write(`${folder}/package.json`, `${JSON.stringify(manifest, undefined, 2)}\n`);
}

/** @param {import("@nx/devkit").Tree} tree @param {string} folder */
function writeReferences(tree, folder) {
  const library = readJson(tree, `${model}/tsconfig.lib.json`);
  library.references = [{ path: "../../packages/contracts/tsconfig.lib.json" }];
  tree.write(`${folder}/tsconfig.lib.json`, `${JSON.stringify(library, undefined, 2)}\n`);
  updateJson(tree, "tsconfig.json", (/** @type {{ references: { path: string }[] }} */ root) => ({
    ...root,
    references: [...root.references, { path: `./${folder}` }],
  }));
}

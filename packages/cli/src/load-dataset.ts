// Finds the package of a dataset by its id and binds its options. Not what a dataset does.
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { bindDataset, type BoundDataset, type Dataset, findDataset, LejepaError, nearest } from "@lejepa/contracts";
import { shippedIds, shippedModule } from "./shipped-datasets.ts";

/**
 * Loads the plugin of a dataset: one that comes with this command, else the package `@lejepa/dataset-ID` beside it or in the
 * working directory's project. A dataset that carries its plugin is returned as it is.
 *
 * @throws LejepaError E_USAGE when there is no such package, E_DATASET_OPTIONS
 */
export async function loadDataset(dataset: BoundDataset): Promise<BoundDataset> {
  if (dataset.plugin !== undefined) return dataset;
  const { id, options } = dataset;
  return bindDataset(await loadPlugin(id), options);
}

/**
 * The plugin of this id.
 *
 * @throws LejepaError E_USAGE when there is no such package
 */
export async function loadPlugin(id: string): Promise<Dataset> {
  return findDataset(await importPackage(id), id);
}

async function importPackage(id: string): Promise<Record<string, unknown>> {
  const name = `@lejepa/dataset-${id}`;
  const shipped = shippedModule(id);
  if (shipped !== undefined) return shipped;
  if (!/^[a-z][a-z0-9-]*$/.test(id)) throw unknownDataset(id);
  try {
    return (await import(name)) as Record<string, unknown>;
  } catch (error) {
    if (!isMissing(error, name)) throw error;
  }
  let path: string;
  try {
    path = createRequire(join(process.cwd(), "package.json")).resolve(name);
  } catch (cause) {
    throw unknownDataset(id, cause);
  }
  return (await import(pathToFileURL(path).href)) as Record<string, unknown>;
}

// the package itself is missing, not something that it imports
function isMissing(error: unknown, name: string): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === "ERR_MODULE_NOT_FOUND" && message.includes(`'${name}'`);
}

function unknownDataset(id: string, cause?: unknown): LejepaError {
  const similar = nearest(id, shippedIds);
  return new LejepaError({
    code: "E_USAGE",
    where: `dataset ${id}`,
    expected: "an installed dataset plugin",
    got: `no package @lejepa/dataset-${id}`,
    hint: similar
      ? `Did you mean ${similar}?`
      : `Known: ${shippedIds.join(", ")}. Else: npm install @lejepa/dataset-${id}.`,
    cause,
  });
}

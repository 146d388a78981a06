// Finds the package of a dataset by its id and binds its options. Not what a dataset does.
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { bindDataset, type BoundDataset, findDataset, LejepaError } from "@lejepa/contracts";

/**
 * Loads the plugin of a dataset from `@lejepa/dataset-ID`: the copy beside this command, else the one of the working
 * directory's project. A dataset that carries its plugin is returned as it is.
 *
 * @throws LejepaError E_USAGE when there is no such package, E_DATASET_OPTIONS
 */
export async function loadDataset(dataset: BoundDataset): Promise<BoundDataset> {
  if (dataset.plugin !== undefined) return dataset;
  const { id, options } = dataset;
  return bindDataset(findDataset(await importPackage(id), id), options);
}

async function importPackage(id: string): Promise<Record<string, unknown>> {
  const name = `@lejepa/dataset-${id}`;
  // comes with this command
  if (id === "folder") return await import("@lejepa/dataset-folder");
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
  return new LejepaError({
    code: "E_USAGE",
    where: `dataset ${id}`,
    expected: "an installed dataset plugin",
    got: `no package @lejepa/dataset-${id}`,
    hint: `A folder of images needs none: --data PATH. Else: npm install @lejepa/dataset-${id}.`,
    cause,
  });
}

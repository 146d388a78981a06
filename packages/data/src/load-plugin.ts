/**
 * Imports a dataset plugin inside a worker thread. Plugins written in TypeScript go through jiti where Node itself does not
 * take them.
 */
import { findDataset, type Dataset } from "@lejepa/contracts";

/** Imports the module at `url` and returns its plugin `id`. */
export async function loadPlugin(url: string, id: string): Promise<Dataset> {
  return findDataset(await importModule(url), id);
}

async function importModule(url: string): Promise<Record<string, unknown>> {
  try {
    return (await import(url)) as Record<string, unknown>;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ERR_UNKNOWN_FILE_EXTENSION" && code !== "ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING") throw error;
    const { createJiti } = await import("jiti");
    return (await createJiti(import.meta.url, { fsCache: false }).import(url)) as Record<string, unknown>;
  }
}

// The dataset plugins that come with this command, and which of them reads a given file. Their modules are imported when asked
// for.
import type { Dataset } from "@lejepa/contracts";
import { findDataset } from "@lejepa/contracts";

type Module = Record<string, unknown>;

/** By id; the more particular format first. */
const modules: Readonly<Record<string, () => Promise<Module>>> = {
  dicom: async () => (await import("@lejepa/dataset-dicom")) as Module,
  galaxy10: async () => (await import("@lejepa/dataset-galaxy10")) as Module,
  geotiff: async () => (await import("@lejepa/dataset-geotiff")) as Module,
  food101: async () => (await import("@lejepa/dataset-food101")) as Module,
  folder: async () => (await import("@lejepa/dataset-folder")) as Module,
};

/** Ids in the order in which they are asked. */
export const shippedIds: readonly string[] = Object.keys(modules);

/** The module of a plugin; `undefined` for an id that is not among them. */
export function shippedModule(id: string): Promise<Module> | undefined {
  return Object.hasOwn(modules, id) ? modules[id]?.() : undefined;
}

/** A plugin that comes with this command, or why it cannot be loaded. */
export async function shippedPlugin(id: string): Promise<Dataset | Error> {
  try {
    return findDataset((await shippedModule(id)) ?? {}, id);
  } catch (error) {
    return error as Error;
  }
}

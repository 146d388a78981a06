/**
 * Entry of the decoding threads: receives items, answers with pixels. Loaded by piscina, never imported.
 */
import type { Dataset, DatasetItem } from "@lejepa/contracts";
import { workerData } from "piscina";
import { decodeItems, type DecodeJob, type DecodedItems } from "./decode-items.ts";
import { loadPlugin } from "./load-plugin.ts";

/** What every thread is started with. */
export interface DecodeWorkerData {
  readonly module: string;
  readonly id: string;
  readonly job: DecodeJob;
}

let plugin: Promise<Dataset> | undefined;

/**
 * Decodes some items. Called by piscina by its name.
 * @public
 */
export async function decode(items: readonly DatasetItem[]): Promise<DecodedItems> {
  const { module, id, job } = workerData as DecodeWorkerData;
  plugin ??= loadPlugin(module, id);
  return decodeItems(await plugin, items, job);
}

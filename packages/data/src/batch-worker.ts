/**
 * Entry of the thread that reads batches: told a slot and rows, it copies the rows from the store's file into the slot's
 * shared memory. Loaded by the batch loader, never imported.
 */
import { openSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { readFully } from "./file-bytes.ts";

/** What the thread is started with. */
export interface BatchWorkerData {
  readonly imagesFile: string;
  readonly headerBytes: number;
  readonly rowBytes: number;
  /** Memory of each slot: one batch of pixels. */
  readonly slots: readonly SharedArrayBuffer[];
  /** Int32 for each slot: the ticket of the batch that lies in it. */
  readonly tickets: SharedArrayBuffer;
}

/** One batch to read. */
export interface BatchRequest {
  readonly slot: number;
  readonly ticket: number;
  readonly rows: Uint32Array;
}

/** The answer: the slot is filled, or why it is not. */
export type BatchAnswer = { readonly slot: number } | { readonly slot: number; readonly error: string };

const { imagesFile, headerBytes, rowBytes, slots, tickets } = workerData as BatchWorkerData;
const ready = new Int32Array(tickets);
let handle: number | undefined;

parentPort?.on("message", ({ slot, ticket, rows }: BatchRequest) => {
  const answer = (value: BatchAnswer): void => parentPort?.postMessage(value);
  try {
    handle ??= openSync(imagesFile, "r");
    const bytes = new Uint8Array(slots[slot] as SharedArrayBuffer);
    for (const [i, row] of rows.entries()) {
      readFully(handle, bytes.subarray(i * rowBytes, (i + 1) * rowBytes), headerBytes + row * rowBytes);
    }
    Atomics.store(ready, slot, ticket);
    answer({ slot });
  } catch (error) {
    answer({ slot, error: (error as Error).message });
  }
});

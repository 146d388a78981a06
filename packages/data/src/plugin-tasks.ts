/**
 * What a plugin's process and its parent say to each other: messages and what both must know of the other. The process is
 * plugin-child.ts, the parent plugin-process.ts.
 */
import type {
  DatasetIndex,
  DatasetItem,
  DecodeTarget,
  Inspection,
  InspectRequest,
  LejepaErrorParts,
} from "@lejepa/contracts";
import type { Decoded } from "./decode-items.ts";

/** What a process is started with; the first message. */
export interface PluginSetup {
  /** URL of the module that exports the plugin, and the plugin's id. */
  readonly module: string;
  readonly id: string;
  readonly cacheDir: string;
  /** Resident memory that the process may need beyond what it has when it starts, bytes. */
  readonly memoryBytes: number;
}

/** Work for a plugin's process. A decode task holds several items, numbered from the task's number on. */
export type PluginTask =
  | { readonly kind: "index"; readonly options: unknown }
  | { readonly kind: "inspect"; readonly path: string; readonly request: InspectRequest }
  | {
      readonly kind: "decode";
      readonly items: readonly DatasetItem[];
      readonly options: unknown;
      readonly target: DecodeTarget;
    };

/** Messages to the process. `limitMs`: processor time without progress after which it ends itself. */
export type ToChild =
  | { readonly kind: "setup"; readonly setup: PluginSetup }
  | { readonly kind: "task"; readonly number: number; readonly limitMs: number; readonly task: PluginTask }
  | { readonly kind: "stop" };

/** An error on its way to the parent: a LejepaError's parts, or message and code of another. */
export type SentError = { readonly lejepa: LejepaErrorParts } | { readonly message: string; readonly code?: string };

/** What a task gives; of decode tasks, each item. */
export type TaskResult =
  | { readonly decoded: Decoded }
  | { readonly index: DatasetIndex }
  | { readonly inspection: Inspection }
  | { readonly error: SentError };

/** Messages from the process. */
export type FromChild =
  | { readonly kind: "ready" }
  | { readonly kind: "unusable"; readonly error: SentError }
  | { readonly kind: "log"; readonly line: string }
  | {
      readonly kind: "results";
      readonly results: readonly (readonly [number: number, result: TaskResult])[];
      /** Resident memory now beyond that at the start, bytes. */
      readonly grown: number;
    };

/** File descriptor on which a process says why it ends itself. */
export const lastWordsFd = 4;

/** Why a process ended itself. */
export type LastWords = "memory" | "time";

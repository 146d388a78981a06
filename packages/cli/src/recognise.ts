// Finds out from the files themselves which dataset plugin reads them. The answer is a proposal: --dataset decides.
import { type Dirent } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Dataset } from "@lejepa/contracts";
import { shippedIds, shippedPlugin } from "./shipped-datasets.ts";

/** What was found in a path. */
export interface Recognised {
  readonly id: string;
  /** Files that this plugin says are its own, of those looked at. */
  readonly recognised: number;
  readonly looked: number;
}

const mostFiles = 64;
const mostEntries = 5000;
const headBytes = 512;
/** Reads ordinary images, and complains best of what is none. */
const fallback = "folder";

/**
 * The plugin for a file or a folder: each of up to 64 files goes to the first plugin that recognises it, and most files decide.
 * `folder` where none is recognised, or nothing is there.
 */
export async function recogniseDataset(path: string): Promise<Recognised> {
  const files = spread(await listFiles(path), mostFiles);
  const plugins = await loadPlugins();
  const votes = new Map<string, number>();
  for (const file of files) {
    const id = await recogniseFile(file, plugins);
    if (id !== undefined) votes.set(id, (votes.get(id) ?? 0) + 1);
  }
  const [id, recognised] = [...votes].sort(([, a], [, b]) => b - a)[0] ?? [fallback, 0];
  return { id, recognised, looked: files.length };
}

/** Why the plugin was chosen, for the user; `undefined` when the path tells nothing. */
export function describeRecognised(path: string, { id, recognised, looked }: Recognised): string | undefined {
  if (recognised === 0) return undefined;
  const files = looked === 1 ? "its first bytes" : `${recognised} of ${looked} files looked at`;
  return `reading ${path} as ${id}, by ${files} (--dataset ID for another)`;
}

async function loadPlugins(): Promise<Dataset[]> {
  const loaded = await Promise.all(shippedIds.map(shippedPlugin));
  // one that does not load is doctor's business
  return loaded.filter((plugin): plugin is Dataset => !(plugin instanceof Error));
}

async function recogniseFile(path: string, plugins: readonly Dataset[]): Promise<string | undefined> {
  const head = await readHead(path).catch(() => undefined);
  if (head === undefined) return undefined;
  return plugins.find(({ recognises }) => recognises?.(head, path))?.id;
}

async function readHead(path: string): Promise<Uint8Array> {
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(headBytes), 0, headBytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

// breadth first, so that a folder of a million files is not read to its end for 64 of them
async function listFiles(path: string): Promise<string[]> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() === true) return [path];
  const files: string[] = [];
  const folders = [path];
  for (let seen = 0; folders.length > 0 && seen < mostEntries; ) {
    const folder = folders.shift() as string;
    const entries = await readdir(folder, { withFileTypes: true }).catch((): Dirent[] => []);
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      seen += 1;
      if (entry.name.startsWith(".")) continue;
      if (entry.isDirectory()) folders.push(join(folder, entry.name));
      else if (entry.isFile()) files.push(join(folder, entry.name));
    }
  }
  return files;
}

function spread(files: readonly string[], count: number): string[] {
  const step = Math.max(1, files.length / count);
  return Array.from({ length: Math.min(count, files.length) }, (_, i) => files[Math.floor(i * step)] as string);
}

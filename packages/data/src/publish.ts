/**
 * Folders that appear whole or not at all: written under a temporary name, flushed to disk, renamed. No locks: when two
 * processes make the same folder, the first rename wins and the other's work is dropped.
 */
import { randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname, join } from "node:path";

const prefix = ".unfinished-";
// a build touches its files all the time; one that did not for so long has crashed
const abandonedAfter = 60 * 60 * 1000;

/** Makes an empty folder beside `target` to build it in. */
export function createUnfinished(target: string): string {
  const parent = dirname(target);
  mkdirSync(parent, { recursive: true });
  removeAbandoned(parent);
  const folder = join(parent, `${prefix}${randomBytes(8).toString("hex")}`);
  mkdirSync(folder);
  return folder;
}

/** Flushes the folder to disk and gives it its name; drops it when `isWhole(target)` already. */
export function publish(folder: string, target: string, isWhole: (folder: string) => boolean): void {
  for (const name of readdirSync(folder)) flush(join(folder, name));
  flush(folder);
  if (!tryRename(folder, target)) {
    if (isWhole(target)) {
      rmSync(folder, { recursive: true, force: true });
      return;
    }
    // the name is taken by a damaged folder: set that aside; whoever comes first puts a whole one there
    tryRename(target, join(dirname(target), `${prefix}${randomBytes(8).toString("hex")}`));
    if (!tryRename(folder, target) && !isWhole(target)) renameSync(folder, target);
    rmSync(folder, { recursive: true, force: true });
  }
  flush(dirname(target));
}

function tryRename(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // what a rename onto an existing folder gives on Linux, macOS and Windows
    if (code === "ENOTEMPTY" || code === "EEXIST" || code === "EPERM" || code === "EACCES") {
      if (existsSync(to)) return false;
    }
    throw error;
  }
}

function flush(path: string): void {
  let handle: number;
  try {
    handle = openSync(path, "r");
  } catch (error) {
    // Windows opens no folders
    if ((error as NodeJS.ErrnoException).code === "EPERM" || (error as NodeJS.ErrnoException).code === "EISDIR") return;
    throw error;
  }
  try {
    fsyncSync(handle);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM" && (error as NodeJS.ErrnoException).code !== "EINVAL")
      throw error;
  } finally {
    closeSync(handle);
  }
}

function removeAbandoned(parent: string): void {
  for (const name of readdirSync(parent)) {
    if (!name.startsWith(prefix)) continue;
    const folder = join(parent, name);
    try {
      const times = [folder, ...readdirSync(folder).map((file) => join(folder, file))].map(
        (path) => statSync(path).mtimeMs,
      );
      if (Date.now() - Math.max(...times) > abandonedAfter) rmSync(folder, { recursive: true, force: true });
    } catch {
      // another process removed or renamed it meanwhile
    }
  }
}

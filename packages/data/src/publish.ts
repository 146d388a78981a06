/**
 * Folders that appear whole or not at all: written under a temporary name, flushed to disk, renamed. No locks: when two
 * processes make the same folder, the first rename wins and the other's work is dropped.
 */
import { createHash, randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { isAlive } from "./is-alive.ts";
import { journalFile } from "./journal.ts";

const prefix = ".unfinished-";
const ownerFile = "owner.json";
// a build touches its files all the time; one that did not for so long has crashed
const abandonedAfter = 60 * 60 * 1000;

interface Owner {
  readonly process: number;
  /** Processes of another machine cannot be asked. */
  readonly machine: string;
}

const machine = (): string => createHash("sha256").update(hostname()).digest("hex").slice(0, 12);

/** Makes an empty folder beside `target` to build it in, owned by this process. */
export function createUnfinished(target: string): string {
  const folder = join(dirname(target), `${prefix}${randomBytes(8).toString("hex")}`);
  mkdirSync(folder, { recursive: true });
  const owner: Owner = { process: process.pid, machine: machine() };
  writeFileSync(join(folder, ownerFile), JSON.stringify(owner));
  return folder;
}

/** Gives a folder up, for the next build to take over. */
export function release(folder: string): void {
  rmSync(join(folder, ownerFile), { force: true });
}

/** Folders below `parent` that nobody builds in any more. */
export function abandonedFolders(parent: string): string[] {
  return readdirSync(parent)
    .filter((name) => name.startsWith(prefix))
    .map((name) => join(parent, name))
    .filter(isAbandoned);
}

function isAbandoned(folder: string): boolean {
  try {
    const owner = readOwner(folder);
    if (owner === undefined && existsSync(join(folder, journalFile))) return true;
    if (owner?.machine === machine() && !isAlive(owner.process)) return true;
    const times = [folder, ...readdirSync(folder).map((file) => join(folder, file))].map(
      (path) => statSync(path).mtimeMs,
    );
    return Date.now() - Math.max(...times) > abandonedAfter;
  } catch {
    // another process removed or renamed it meanwhile
    return false;
  }
}

function readOwner(folder: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, ownerFile), "utf8")) as Owner;
  } catch {
    return undefined;
  }
}

/** Flushes the folder to disk and gives it its name; drops it when `isWhole(target)` already. */
export function publish(folder: string, target: string, isWhole: (folder: string) => boolean): void {
  release(folder);
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

// Files that survive a crash: written whole under another name, flushed to the disk, then renamed. And errors of the disk
// in the user's words. Not about what the files hold.
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { isLejepaError, LejepaError } from "@lejepa/contracts";

const hints: Readonly<Record<string, string>> = {
  ENOSPC: "The disk is full: free some space, then run it again (pretrain: with --resume).",
  EDQUOT: "Your disk quota is used up: free some space, then run it again (pretrain: with --resume).",
  EACCES: "Choose a folder that you may write.",
  EPERM: "Choose a folder that you may write.",
  EROFS: "Choose a folder that you may write.",
  ENOTDIR: "A part of the path is a file: choose another folder.",
  EEXIST: "A file of that name is in the way: choose another folder.",
  ENOENT: "Choose a folder whose parent exists and may be written.",
};

/**
 * Runs `work` and turns an error of the file system into a LejepaError E_IO that names `path`.
 */
export function withFileErrors<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (isLejepaError(cause) || typeof code !== "string") throw cause;
    throw new LejepaError({
      code: "E_IO",
      where: path,
      problem: `cannot be written: ${message}`,
      hint: hints[code],
      cause,
    });
  }
}

/** Makes a folder with its parents. */
export function makeFolder(path: string): void {
  withFileErrors(path, () => mkdirSync(path, { recursive: true }));
}

/** Writes a file and waits until it is on the disk. */
export function writeDurably(path: string, chunks: readonly Uint8Array[]): void {
  withFileErrors(path, () => {
    const handle = openSync(path, "w");
    try {
      for (const chunk of chunks) writeFully(handle, chunk);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  });
}

/** Writes all of the bytes: one write may take only a part (2 GiB at most, less on a full disk). */
export function writeFully(handle: number, bytes: Uint8Array): void {
  let done = 0;
  while (done < bytes.byteLength) done += writeSync(handle, bytes, done, Math.min(bytes.byteLength - done, 1 << 30));
}

/** Replaces a file: readers see the old or the new content, never a part. */
export function replaceFile(path: string, content: string | readonly Uint8Array[]): void {
  const temporary = `${path}.${process.pid}.tmp`;
  const chunks = typeof content === "string" ? [new TextEncoder().encode(content)] : content;
  withFileErrors(path, () => {
    try {
      writeDurably(temporary, chunks);
      renameSync(temporary, path);
      syncFolder(dirname(path));
    } catch (error) {
      removeQuietly(temporary);
      throw error;
    }
  });
}

/** Publishes a folder of files under its final name; one of that name is replaced. */
export function publishFolder(temporary: string, path: string): void {
  withFileErrors(path, () => {
    if (existsSync(path)) rmSync(path, { recursive: true });
    syncFolder(temporary);
    renameSync(temporary, path);
    syncFolder(dirname(path));
  });
}

/** Removes what a failed write left behind; if that fails too, the first error is the one to tell. */
export function removeQuietly(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // pruneCheckpoints tries again
  }
}

/** JSON as the run folder keeps it. */
export function replaceJson(folder: string, name: string, value: unknown): void {
  replaceFile(join(folder, name), `${JSON.stringify(value, null, 2)}\n`);
}

// a rename is durable once the folder itself is flushed; Windows cannot open folders and needs no such call
function syncFolder(path: string): void {
  if (process.platform === "win32") return;
  const handle = openSync(path, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

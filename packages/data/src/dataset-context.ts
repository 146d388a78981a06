/**
 * What a plugin gets besides its options: pseudonyms and downloads. The key of the pseudonyms lies in the cache; without it
 * they cannot be traced back, and another key changes no split and no fingerprint.
 */
import { createHmac, randomBytes } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DatasetContext } from "@lejepa/contracts";
import { download } from "./download.ts";

const keyFile = "group.key";

/** The context of a plugin that keeps its files in `cacheDir`. */
export function createDatasetContext(
  cacheDir: string,
  { signal, log }: { readonly signal?: AbortSignal | undefined; readonly log: (line: string) => void },
): DatasetContext {
  let key: Buffer | undefined;
  return {
    cacheDir,
    log,
    ...(signal !== undefined && { signal }),
    hashGroup(identity) {
      key ??= groupKey(cacheDir);
      return createHmac("sha256", key).update(identity).digest("hex").slice(0, 16);
    },
    download: (request) => download(request, { folder: cacheDir, signal, log }),
  };
}

// published by a link, so that of two processes that make a key at once only one wins
function groupKey(cacheDir: string): Buffer {
  const file = join(cacheDir, keyFile);
  try {
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  mkdirSync(cacheDir, { recursive: true });
  const own = `${file}.${process.pid}`;
  writeFileSync(own, randomBytes(32), { mode: 0o600 });
  try {
    linkSync(own, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(own, { force: true });
  }
  return readFileSync(file);
}

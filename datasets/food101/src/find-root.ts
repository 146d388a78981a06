/**
 * Finds the unpacked folder: the one named, or one made from the archive that is named or that the user asked to fetch.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { unpack } from "@lejepa/archive";
import { LejepaError, nearest, type DatasetContext } from "@lejepa/contracts";
import { limits, official, topFolder } from "./official.ts";
import type { Food101Options } from "./options.ts";

/**
 * The absolute path of the folder with `images` and `meta` in it.
 *
 * @throws LejepaError E_DATA when there is none, saying where to get it and how to ask for it, and for an archive that is
 *   damaged, hostile or another one; E_IO from a download
 */
export async function findRoot(options: Food101Options, context: DatasetContext): Promise<string> {
  const { path, download, verify } = options;
  if (path === null) {
    const fetched = join(context.cacheDir, official.file);
    if (download) return unpacked(await context.download(official), verify, context);
    if (existsSync(fetched)) return unpacked(fetched, verify, context);
    throw wrong("dataset food101", {
      expected: "a path to the archive or the unpacked folder",
      got: "none",
      hint: howToGet,
    });
  }
  const absolute = resolve(path);
  const found = await stat(absolute).catch(() => undefined);
  if (found?.isFile()) return unpacked(absolute, verify, context);
  if (found?.isDirectory()) return inFolder(absolute, path);
  const similar = nearest(basename(absolute), await readdir(dirname(absolute)).catch(() => []));
  throw wrong(`dataset food101: ${path}`, {
    expected: "the archive or the unpacked folder",
    got: "nothing there",
    hint: similar === undefined ? howToGet : `Did you mean ${join(dirname(path), similar)}?`,
  });
}

const howToGet = `Set download: true (5 GB from ${official.url}), or fetch it yourself and give its path.`;

function inFolder(absolute: string, path: string): string {
  const root = [absolute, join(absolute, topFolder)].find((folder) => existsSync(join(folder, "meta", "train.json")));
  if (root !== undefined) return root;
  throw wrong(`dataset food101: ${path}`, {
    expected: "a folder with images/ and meta/train.json",
    got: "one without",
    hint: "A folder of classes alone is for the dataset folder.",
  });
}

// once for each archive: another one, or a changed one, has another name
async function unpacked(archive: string, verify: boolean, { cacheDir, signal, log }: DatasetContext): Promise<string> {
  const { size, mtimeMs } = await stat(archive);
  const key = createHash("sha256")
    .update(JSON.stringify([archive, size, mtimeMs, verify]))
    .digest("hex")
    .slice(0, 12);
  const target = join(cacheDir, `food-101-${key}`);
  if (!existsSync(target)) log(`unpacking ${basename(archive)}`);
  const md5 = verify ? official.digest.hex : undefined;
  await unpack({ archive, target, top: topFolder, limits, md5, signal });
  return inFolder(target, basename(archive));
}

function wrong(where: string, parts: { expected: string; got: string; hint: string }): LejepaError {
  return new LejepaError({ code: "E_DATA", where, ...parts });
}

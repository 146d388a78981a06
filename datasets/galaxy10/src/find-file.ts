/**
 * Finds the HDF5 file: the one named, an official one in a folder, or a download that the user asked for.
 */
import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { LejepaError, nearest, type DatasetContext } from "@lejepa/contracts";
import type { Galaxy10Options } from "./options.ts";
import { variants, type VariantName } from "./variants.ts";

/**
 * The absolute path of the file.
 *
 * @throws LejepaError E_DATA when there is none, saying where to get it and how to ask for it; E_IO from a download
 */
export async function findFile(options: Galaxy10Options, context: DatasetContext): Promise<string> {
  const { path, download } = options;
  const names = namesOf(options);
  if (path !== null) return findPath(path, names);
  if (!download) {
    const cached = names
      .map((name) => join(context.cacheDir, variants[name].request.file))
      .find((file) => existsSync(file));
    if (cached !== undefined) return cached;
    throw wrong("dataset galaxy10", { expected: "a path to the HDF5 file", got: "none", hint: howToGet(names) });
  }
  const [name] = names;
  if (names.length > 1 || name === undefined)
    throw wrong("dataset galaxy10", {
      expected: "a variant to download",
      got: "auto",
      hint: "Set variant to decals (2.5 GB) or sdss (210 MB).",
    });
  return context.download(variants[name].request);
}

/**
 * Compares the file's SHA-256 with those of the official files.
 *
 * @throws LejepaError E_DATA when it is none of them
 */
export async function verifyFile(
  path: string,
  options: Galaxy10Options,
  signal: AbortSignal | undefined,
): Promise<void> {
  const names = namesOf(options);
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, signal === undefined ? {} : { signal }))
    hash.update(chunk as Buffer);
  const got = hash.digest("hex");
  if (names.some((name) => variants[name].request.digest.hex === got)) return;
  throw wrong(basename(path), {
    expected: `sha256 ${names.map((name) => `${variants[name].request.digest.hex} (${variants[name].title})`).join(" or ")}`,
    got,
    hint: "The file is damaged or another one: get it again, or set verify: false for a file of your own.",
  });
}

function namesOf({ variant }: Galaxy10Options): VariantName[] {
  return variant === "auto" ? ["decals", "sdss"] : [variant];
}

async function findPath(path: string, names: readonly VariantName[]): Promise<string> {
  const absolute = resolve(path);
  const found = await stat(absolute).catch(() => undefined);
  if (found?.isFile()) return absolute;
  if (found?.isDirectory()) {
    const files = names.map((name) => join(absolute, variants[name].request.file)).filter((file) => existsSync(file));
    const [only] = files;
    if (files.length === 1 && only !== undefined) return only;
    throw wrong(`dataset galaxy10: ${path}`, {
      expected: `${names.map((name) => variants[name].request.file).join(" or ")} in the folder`,
      got: files.length === 0 ? "neither" : "both",
      hint: files.length === 0 ? "Give the HDF5 file itself." : "Set variant to decals or sdss.",
    });
  }
  const similar = nearest(basename(absolute), await readdir(dirname(absolute)).catch(() => []));
  throw wrong(`dataset galaxy10: ${path}`, {
    expected: "an HDF5 file",
    got: "nothing there",
    hint: similar === undefined ? howToGet(names) : `Did you mean ${join(dirname(path), similar)}?`,
  });
}

function howToGet(names: readonly VariantName[]): string {
  const sources = names.map((name) => `variant: "${name}" (${variants[name].size}, ${variants[name].request.url})`);
  return `Set download: true with ${sources.join(" or ")}, or fetch the file yourself and give its path.`;
}

function wrong(where: string, parts: { expected: string; got: string; hint: string }): LejepaError {
  return new LejepaError({ code: "E_DATA", where, ...parts });
}

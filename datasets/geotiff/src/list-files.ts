/**
 * Finds the TIFF files below a path and puts those of one scene together. Names only; no file is opened.
 */
import { readdir, realpath, stat } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { LejepaError, nearest, type Skipped } from "@lejepa/contracts";
import type { SceneFile } from "./open-scene.ts";
import type { GeotiffOptions } from "./options.ts";
import { isUrl } from "./tiff/source.ts";

const extensions: ReadonlySet<string> = new Set([".tif", ".tiff", ".gtiff", ".btf", ".tf8"]);

/** The files of a scene, before any is opened. */
export interface SceneFiles {
  /** Relative to the folder, with `/`; with a pattern the scene's name. */
  readonly id: string;
  readonly files: readonly SceneFile[];
}

/** What a path holds. */
export interface Listing {
  /** The folder that ids are relative to. */
  readonly root: string;
  readonly scenes: readonly SceneFiles[];
  readonly skipped: readonly Skipped[];
}

/**
 * Lists the scenes of `options.path`, sorted by id.
 *
 * @throws LejepaError E_DATA for a path with nothing there, or without TIFF files
 */
export async function listScenes({ path, pattern }: GeotiffOptions, signal: AbortSignal | undefined): Promise<Listing> {
  if (isUrl(path))
    return { root: "", scenes: [{ id: basename(new URL(path).pathname), files: [{ path }] }], skipped: [] };
  const root = resolve(path);
  const found = await stat(root).catch(() => undefined);
  if (found === undefined) throw await nothingThere(root, path);
  if (found.isFile())
    return { root: dirname(root), scenes: [{ id: basename(root), files: [{ path: root }] }], skipped: [] };
  const walk: Walk = { root, files: [], others: new Map(), entered: new Set() };
  await enter(walk, "", signal);
  walk.files.sort();
  const scenes =
    pattern === null
      ? walk.files.map((id) => ({ id, files: [{ path: join(root, id) }] }))
      : joinBands(walk, new RegExp(pattern));
  const skipped = [...walk.others].map(([reason, { count, examples }]) => ({ reason, count, examples }));
  if (scenes.length > 0) return { root, scenes, skipped };
  const got = skipped.map(({ reason, count }) => `${count} ${reason}`).join(", ");
  throw wrongPath(path, got === "" ? "an empty folder" : `only ${got}`);
}

interface Walk {
  readonly root: string;
  readonly files: string[];
  readonly others: Map<string, { count: number; examples: string[] }>;
  /** Real paths, so that links in a circle end. */
  readonly entered: Set<string>;
}

async function enter(walk: Walk, folder: string, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  const real = await realpath(join(walk.root, folder)).catch(() => "");
  if (real === "" || walk.entered.has(real)) return leaveOut(walk, "links that lead nowhere or back", folder);
  walk.entered.add(real);
  const entries = await readdir(real).catch(() => undefined);
  if (entries === undefined) return leaveOut(walk, "folders that cannot be read", folder);
  for (const name of entries.sort()) {
    const path = folder === "" ? name : `${folder}/${name}`;
    if (name.startsWith(".")) continue;
    // follows links, to files and folders alike
    const found = await stat(join(walk.root, path)).catch(() => undefined);
    if (found?.isDirectory()) await enter(walk, path, signal);
    else if (found?.isFile() && extensions.has(extname(name).toLowerCase())) walk.files.push(path);
    else
      leaveOut(walk, found === undefined ? "broken links" : `${extname(name).toLowerCase() || "unnamed"} files`, path);
  }
}

function leaveOut({ others }: Walk, reason: string, path: string): void {
  const entry = others.get(reason) ?? { count: 0, examples: [] };
  others.set(reason, entry);
  entry.count += 1;
  if (entry.examples.length < 3) entry.examples.push(path);
}

/** Scenes of one file a band. */
function joinBands(walk: Walk, pattern: RegExp): SceneFiles[] {
  const scenes = new Map<string, SceneFile[]>();
  for (const path of walk.files) {
    const { scene, band } = pattern.exec(path)?.groups ?? {};
    if (scene === undefined || band === undefined) {
      leaveOut(walk, "TIFF files that the pattern does not match", path);
      continue;
    }
    const files = scenes.get(scene) ?? [];
    scenes.set(scene, files);
    if (files.some((file) => file.band === band)) {
      throw new LejepaError({
        code: "E_DATA",
        where: "pattern",
        expected: "one file for each band of a scene",
        got: `two for band ${band} of ${scene}`,
      });
    }
    files.push({ path: join(walk.root, path), band });
  }
  return [...scenes].map(([id, files]) => ({ id, files })).sort((a, b) => (a.id < b.id ? -1 : 1));
}

async function nothingThere(root: string, path: string): Promise<LejepaError> {
  const siblings = await readdir(dirname(root)).catch(() => []);
  const similar = nearest(basename(root), siblings);
  return wrongPath(
    path,
    "nothing there",
    similar === undefined ? undefined : `Did you mean ${join(dirname(path), similar)}?`,
  );
}

function wrongPath(path: string, got: string, hint?: string): LejepaError {
  return new LejepaError({
    code: "E_DATA",
    where: `dataset geotiff: ${path}`,
    expected: "TIFF files (.tif, .tiff)",
    got,
    hint,
  });
}

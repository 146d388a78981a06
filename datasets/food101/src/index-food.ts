/**
 * Lists the images that the two lists of the archive name, with class and split. Opens no image.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { LejepaError, type DatasetContext, type DatasetIndex, type DatasetItem, type Skipped } from "@lejepa/contracts";
import { findRoot } from "./find-root.ts";
import type { Food101Options } from "./options.ts";

const splits = ["train", "test"] as const;

/**
 * The items, by class and name.
 *
 * @throws LejepaError E_DATA for what `findRoot` says, a list that cannot be read or names a file twice, and a folder in which
 *   nothing of the lists is there
 */
export async function indexFood(options: Food101Options, context: DatasetContext): Promise<DatasetIndex> {
  const root = await findRoot(options, context);
  const listed = new Map<string, (typeof splits)[number]>();
  for (const split of splits)
    for (const entry of await readList(root, split)) {
      if (listed.has(entry)) throw wrongList(split, { expected: "every image once", got: `${entry} twice` });
      listed.set(entry, split);
    }
  const there = await findImages(root, context.signal);
  const items = [...listed.keys()]
    .filter((entry) => there.has(entry))
    .sort()
    .map(
      (entry): DatasetItem => ({
        id: entry,
        label: entry.slice(0, entry.indexOf("/")),
        split: listed.get(entry) as "train" | "test",
        source: { path: join(root, "images", `${entry}.jpg`) },
      }),
    );
  if (items.length === 0)
    throw new LejepaError({
      code: "E_DATA",
      where: "dataset food101",
      expected: `images of ${listed.size} that meta/ lists`,
      got: `none of them, ${there.size} others`,
    });
  return {
    items,
    skipped: [
      left(
        "images that meta/ lists and that are not there",
        [...listed.keys()].filter((entry) => !there.has(entry)),
      ),
      left("images that meta/ does not list", [...there].filter((entry) => !listed.has(entry)).sort()),
    ].filter(({ count }) => count > 0),
  };
}

function left(reason: string, all: readonly string[]): Skipped {
  return { reason, count: all.length, examples: all.slice(0, 3) };
}

/** Entries of meta/train.json or meta/test.json, `class/number`, all classes in one list. */
async function readList(root: string, split: (typeof splits)[number]): Promise<string[]> {
  let text: string;
  try {
    text = await readFile(join(root, "meta", `${split}.json`), "utf8");
  } catch (cause) {
    throw wrongList(split, { expected: "a file", got: `none (${(cause as NodeJS.ErrnoException).code})`, cause });
  }
  const classes = parse(text);
  if (classes === undefined)
    throw wrongList(split, { expected: 'JSON like {"apple_pie": ["apple_pie/1005649"]}', got: "something else" });
  return classes;
}

function parse(text: string): string[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    // subsets that others make often name the numbers alone
    const entries = Object.entries(value as Record<string, unknown>).flatMap(([name, list]) =>
      [list].flat().map((entry) => (typeof entry === "string" && !entry.includes("/") ? `${name}/${entry}` : entry)),
    );
    // a list comes from an archive: no path leads out of images/
    const good = entries.every((entry) => typeof entry === "string" && /^[\w-]+\/[\w-]+$/.test(entry));
    return good ? (entries as string[]) : undefined;
  } catch {
    return undefined;
  }
}

async function findImages(root: string, signal: AbortSignal | undefined): Promise<Set<string>> {
  const found = new Set<string>();
  const classes = await readdir(join(root, "images"), { withFileTypes: true }).catch(() => []);
  for (const each of classes) {
    signal?.throwIfAborted();
    // a link to a folder is a folder here
    const names = await readdir(join(root, "images", each.name)).catch(() => []);
    for (const name of names) if (name.endsWith(".jpg")) found.add(`${each.name}/${name.slice(0, -4)}`);
  }
  return found;
}

function wrongList(split: string, parts: { expected: string; got: string; cause?: unknown }): LejepaError {
  return new LejepaError({ code: "E_DATA", where: `meta/${split}.json`, ...parts });
}

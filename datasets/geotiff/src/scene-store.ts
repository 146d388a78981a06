/**
 * What the index found out about scenes, kept in the plugin's cache folder so that the next index only looks at times and
 * sizes of files. Ids, sizes and counts; no text of any header. A file that cannot be read or written is no error: the scenes
 * are looked at again.
 */
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SceneFacts } from "./scene-facts.ts";
import type { ValidShares } from "./valid-share.ts";

// raise when what is kept changes
const version = 1;

/** A scene that was read, or why it was not. */
export type Described = { readonly scene: SceneFacts } | { readonly stamp: string; readonly reason: string };

/** What is kept of earlier runs. */
export interface SceneStore {
  readonly scenes: Map<string, Described>;
  readonly shares: Map<string, ValidShares & { readonly stamp: string }>;
  save(): Promise<void>;
}

interface Kept {
  readonly scenes: readonly (readonly [string, Described])[];
  readonly shares: readonly (readonly [
    string,
    { width: number; height: number; cell: number; stamp: string; shares: string },
  ])[];
}

/**
 * Opens what is kept for a set of options.
 *
 * @param key everything that the scenes' facts depend on besides the files
 */
export async function openStore(cacheDir: string, key: unknown): Promise<SceneStore> {
  const name = createHash("sha256")
    .update(JSON.stringify([version, key]))
    .digest("hex")
    .slice(0, 16);
  const file = join(cacheDir, `geotiff-scenes-${name}.json`);
  const kept = await readFile(file, "utf8")
    .then((text) => JSON.parse(text) as Kept)
    .catch((): Kept => ({ scenes: [], shares: [] }));
  const store: SceneStore = {
    scenes: new Map(kept.scenes),
    shares: new Map(
      kept.shares.map(([id, entry]) => [id, { ...entry, shares: new Uint8Array(Buffer.from(entry.shares, "base64")) }]),
    ),
    async save() {
      const shares = [...store.shares].map(
        ([id, entry]) => [id, { ...entry, shares: Buffer.from(entry.shares).toString("base64") }] as const,
      );
      const text = JSON.stringify({ scenes: [...store.scenes], shares } satisfies Kept);
      const partial = `${file}.${process.pid}.part`;
      await mkdir(cacheDir, { recursive: true })
        .then(() => writeFile(partial, text))
        .then(() => rename(partial, file))
        .catch(() => {});
    },
  };
  return store;
}

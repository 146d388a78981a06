/**
 * What an item's `source` holds besides the first file's path: further files of the scene, their bands, the chip's window.
 */
import type { ItemSource, JsonValue } from "@lejepa/contracts";
import type { SceneFile } from "./open-scene.ts";
import type { Window } from "./tiff/read-window.ts";

/** The source of an item. */
export function sourceOf(
  files: readonly SceneFile[],
  window: Window | undefined,
  more: Readonly<Record<string, JsonValue>>,
): ItemSource {
  const [first] = files as [SceneFile];
  const joined = files.length > 1 || first.band !== undefined;
  return {
    path: first.path,
    ...(joined && { files: files.map(({ path, band }) => [path, band ?? null]) }),
    ...(window !== undefined && { window: [window.x, window.y, window.width, window.height] }),
    ...more,
  };
}

/** The files of an item. */
export function filesOf({ path, files }: ItemSource): SceneFile[] {
  if (!Array.isArray(files)) return [{ path }];
  return (files as readonly (readonly [string, string | null])[]).map(([file, band]) => ({
    path: file,
    ...(band !== null && { band }),
  }));
}

/** The window of an item; undefined: the whole scene. */
export function windowOf({ window }: ItemSource): Window | undefined {
  if (!Array.isArray(window)) return undefined;
  const [x, y, width, height] = window as [number, number, number, number];
  return { x, y, width, height };
}

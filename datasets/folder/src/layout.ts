/**
 * What the place of an image in the folder says: its class, group and split. No files are touched.
 */
import { basename } from "node:path";
import { type DatasetItem, type SplitName, splitNamed } from "@lejepa/contracts";
import type { FolderOptions } from "./options.ts";

/** What is known of an image without opening it. */
export type Placed = Pick<DatasetItem, "label" | "group" | "split">;

/** An image of the dataset, before it has a source. */
export interface Labelled extends Placed {
  /** Relative to the root, with `/`. */
  readonly path: string;
}

/** Makes pseudonyms: groups often are people. */
export type HashGroup = (identity: string) => string;

/** Reads class, group and split off the paths. */
export function placeImages(
  images: readonly string[],
  { label, group, splits }: Pick<FolderOptions, "label" | "group" | "splits">,
  hashGroup: HashGroup,
): Labelled[] {
  const hasSplits = splits === "folder" && topFoldersAreSplits(images);
  return images.map((path) => {
    const folders = path.split("/").slice(0, -1);
    const split = hasSplits ? splitNamed(folders.shift() as string) : undefined;
    const className = label === "none" ? undefined : folders.at(label === "folder" ? -1 : 0);
    return {
      path,
      ...(className === undefined ? {} : { label: className }),
      ...(group === "folder" ? { group: hashGroup(folders.join("/")) } : {}),
      ...(split === undefined ? {} : { split }),
    };
  });
}

/**
 * The split of each file that holds many images, as `train-00000-of-00002.parquet` or `val/3.tar` say it; nothing unless all
 * of them do.
 */
export function splitsOfFiles(files: readonly string[], splits: FolderOptions["splits"]): (SplitName | undefined)[] {
  const found = files.map((file) => {
    const top = file.includes("/") ? splitNamed(file.slice(0, file.indexOf("/"))) : undefined;
    return top ?? splitNamed(/^[a-z]+/i.exec(basename(file))?.[0] ?? "");
  });
  return splits === "folder" && !found.includes(undefined) ? found : files.map(() => undefined);
}

// all of them: a folder `train` beside `car` and `bus` is a class
function topFoldersAreSplits(images: readonly string[]): boolean {
  const tops = new Set(images.map((path) => (path.includes("/") ? path.slice(0, path.indexOf("/")) : "")));
  return [...tops].every((name) => splitNamed(name) !== undefined);
}

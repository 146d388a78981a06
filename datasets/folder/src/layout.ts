/**
 * What the place of an image in the folder says: its class, group and split. No files are touched.
 */
import { createHash } from "node:crypto";
import type { DatasetItem, SplitName } from "@lejepa/contracts";
import type { FolderOptions } from "./options.ts";

const splitNames: Readonly<Record<string, SplitName>> = {
  train: "train",
  training: "train",
  val: "validation",
  valid: "validation",
  validation: "validation",
  test: "test",
  testing: "test",
};

/** The split that a name stands for, in any case. */
export function splitNamed(name: string): SplitName | undefined {
  const key = name.trim().toLowerCase();
  return Object.hasOwn(splitNames, key) ? splitNames[key] : undefined;
}

/** What is known of an image without opening it. */
export type Placed = Pick<DatasetItem, "label" | "group" | "split">;

/** Reads class, group and split off the paths. */
export function placeImages(images: readonly string[], { label, group, splits }: FolderOptions): Placed[] {
  const hasSplits = splits === "folder" && topFoldersAreSplits(images);
  return images.map((path) => {
    const folders = path.split("/").slice(0, -1);
    const split = hasSplits ? splitNamed(folders.shift() as string) : undefined;
    const className = label === "none" ? undefined : folders.at(label === "folder" ? -1 : 0);
    return {
      ...(className === undefined ? {} : { label: className }),
      ...(group === "folder" ? { group: hashGroup(folders.join("/")) } : {}),
      ...(split === undefined ? {} : { split }),
    };
  });
}

/** Groups often are people: only a hash of their names leaves this plugin. */
export function hashGroup(name: string): string {
  return createHash("sha256").update(`lejepa group\n${name}`).digest("hex").slice(0, 16);
}

// all of them: a folder `train` beside `car` and `bus` is a class
function topFoldersAreSplits(images: readonly string[]): boolean {
  const tops = new Set(images.map((path) => (path.includes("/") ? path.slice(0, path.indexOf("/")) : "")));
  return [...tops].every((name) => splitNamed(name) !== undefined);
}

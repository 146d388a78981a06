// Folders of toy files for tests of the store.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bindDataset, type BoundDataset } from "@lejepa/contracts";
import { onTestFinished } from "vitest";
import { toy, type ToyFile } from "./_toy-dataset.test-helper.ts";

/** The same plugin without a module: decoded on the calling thread. */
export const inProcessToy: Omit<typeof toy, "module"> = Object.fromEntries(
  Object.entries(toy).filter(([key]) => key !== "module"),
) as typeof toy;

/** A temporary folder that goes when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "lejepa-data-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes files into `root/toys` and binds the plugin to them. */
export async function writeToys(
  root: string,
  files: Readonly<Record<string, ToyFile>>,
  options = {},
): Promise<BoundDataset> {
  const path = join(root, "toys");
  await mkdir(path, { recursive: true });
  for (const [name, file] of Object.entries(files)) await writeFile(join(path, `${name}.toy`), JSON.stringify(file));
  return bindDataset(toy, { path, ...options });
}

/** `count` good files of two classes: 000-a, 001-b, ... */
export function manyToys(count: number): Record<string, ToyFile> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, i) => [`${String(i).padStart(3, "0")}-${i % 2 === 0 ? "a" : "b"}`, { value: i }]),
  );
}

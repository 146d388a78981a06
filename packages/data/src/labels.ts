/**
 * The check that a task with classes makes before it starts.
 */
import { LejepaError } from "@lejepa/contracts";
import type { ImageStore } from "./types.ts";

/**
 * Refuses a store without at least two classes among the given rows (all rows by default).
 *
 * @param where who needs labels, for the message, e.g. `compare`
 * @throws LejepaError E_DATA
 */
export function expectClasses(
  where: string,
  { classes, labels }: Pick<ImageStore, "classes" | "labels">,
  rows?: Uint32Array,
): void {
  const present = new Set(rows === undefined ? labels : Array.from(rows, (row) => labels[row] as number));
  present.delete(-1);
  if (present.size >= 2) return;
  const names = [...present].map((label) => classes[label]);
  throw new LejepaError({
    code: "E_DATA",
    where,
    expected: "labelled images of at least 2 classes",
    got: present.size === 0 ? "no labels" : `1 class (${names.join()})`,
    hint: "Put the images of each class into a folder of their own, or give a CSV of labels.",
  });
}

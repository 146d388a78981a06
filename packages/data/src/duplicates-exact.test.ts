import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "./_toy.test-helper.ts";
import { findEqualFiles, measureFiles } from "./duplicates-exact.ts";

test("only files with equal bytes are equal, however alike they are", async () => {
  const root = await temporaryFolder();
  const base = Buffer.alloc(100_000, 7);
  const files: Record<string, Buffer> = {
    a: base,
    b: base,
    start: Buffer.concat([Buffer.from([1]), base.subarray(1)]),
    end: Buffer.concat([base.subarray(1), Buffer.from([1])]),
    middle: Buffer.concat([base.subarray(0, 50_000), Buffer.from([1]), base.subarray(50_001)]),
    longer: Buffer.concat([base, base]),
    c: Buffer.from("x"),
    d: Buffer.from("x"),
    empty: Buffer.alloc(0),
    nothing: Buffer.alloc(0),
  };
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(root, name), bytes);
  const far = { id: "far", source: { path: "https://localhost/scene.tif" } };
  const items = [...[...Object.keys(files), "gone"].map((id) => ({ id, source: { path: join(root, id) } })), far];
  const sizes = await measureFiles(items);
  expect(sizes.missing).toEqual([join(root, "gone")]);
  expect(sizes.bytes.get(join(root, "longer"))).toBe(200_000);
  const equal = await findEqualFiles(items, sizes);
  expect(equal.map((set) => set.map(({ id }) => id)).sort()).toEqual([
    ["a", "b"],
    ["c", "d"],
    ["empty", "nothing"],
  ]);
});

test("a file of several items is named by its first", async () => {
  const root = await temporaryFolder();
  for (const name of ["a", "b"]) await writeFile(join(root, name), "same");
  const items = ["a#0", "a#1", "b#0", "b#1"].map((id) => ({ id, source: { path: join(root, id.slice(0, 1)) } }));
  const equal = await findEqualFiles(items, await measureFiles(items));
  expect(equal.map((set) => set.map(({ id }) => id))).toEqual([["a#0", "b#0"]]);
});

test("stops when asked to", async () => {
  const items = [{ id: "a", source: { path: "a" } }];
  await expect(measureFiles(items, AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
});

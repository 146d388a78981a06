import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { checkDataset, testContext } from "@lejepa/contracts/testing";
import { expect, test } from "vitest";
import { caught, deepPng, index, makeFolder, png, withoutSource } from "./_files.test-helper.ts";
import { folder } from "./plugin.ts";

const images = (...paths: string[]): Record<string, Uint8Array> => Object.fromEntries(paths.map((path) => [path, png]));

test("the plugin keeps the contract", async () => {
  const path = await makeFolder(images("cat/1.png", "cat/2.png", "dog/1.png"));
  expect(await checkDataset(folder, { path }, { cacheDir: path })).toEqual([]);
});

test("class = the folder an image lies in, at any depth; ids are relative, sorted", async () => {
  const path = await makeFolder(images("b/dog/2.PNG", "a/cat/1.jpeg", "a/dog/3.webp", "loose.gif", "b/cat/x/4.AVIF"));
  expect(withoutSource((await index({ path })).items)).toEqual([
    { id: "a/cat/1.jpeg", label: "cat" },
    { id: "a/dog/3.webp", label: "dog" },
    { id: "b/cat/x/4.AVIF", label: "x" },
    { id: "b/dog/2.PNG", label: "dog" },
    { id: "loose.gif" },
  ]);
  expect((await index({ path, label: "top-folder" })).items.map(({ label }) => label)).toEqual([
    "a",
    "a",
    "b",
    "b",
    undefined,
  ]);
  expect((await index({ path, label: "none" })).items.every(({ label }) => label === undefined)).toBe(true);
});

test("train, val and test at the top are splits, in any case; not when they stand beside a class", async () => {
  const path = await makeFolder(images("Train/cat/1.png", "VAL/cat/2.png", "testing/dog/3.png", "train/4.png"));
  expect(withoutSource((await index({ path })).items)).toEqual([
    { id: "Train/cat/1.png", label: "cat", split: "train" },
    { id: "VAL/cat/2.png", label: "cat", split: "validation" },
    { id: "testing/dog/3.png", label: "dog", split: "test" },
    { id: "train/4.png", split: "train" },
  ]);
  expect((await index({ path, label: "top-folder" })).items.map(({ label }) => label)).toEqual([
    "cat",
    "cat",
    "dog",
    undefined,
  ]);
  expect((await index({ path, splits: "none" })).items[3]).toMatchObject({ label: "train" });
  const vehicles = await makeFolder(images("train/1.png", "car/2.png"));
  expect((await index({ path: vehicles })).items).toMatchObject([{ label: "car" }, { label: "train" }]);
});

test("group = folder keeps a patient's images together, under a name that says nothing", async () => {
  const path = await makeFolder(images("ill/Jane Roe/1.png", "ill/Jane Roe/2.png", "ill/John Doe/1.png"));
  const { items } = await index({ path, label: "top-folder", group: "folder" });
  const groups = items.map(({ group }) => group);
  expect(groups[0]).toBe(groups[1]);
  expect(groups[0]).not.toBe(groups[2]);
  expect(groups.join()).toMatch(/^[0-9a-f,]+$/);
  const refused = folder.options.safeParse({ path, group: "folder" });
  expect(refused.error?.issues[0]?.message).toContain("none");
});

test("what is no image is counted, by kind", async () => {
  const path = await makeFolder({
    ...images("a/1.png", ".hidden.png", ".git/2.png"),
    "a/notes.txt": "x",
    "a/more.txt": "x",
    "a/scan.dcm": "x",
    "a/Makefile": "x",
  });
  const { items, skipped } = await index({ path });
  expect(items).toHaveLength(1);
  expect(skipped).toEqual([
    { reason: "hidden", count: 2, examples: [".git", ".hidden.png"] },
    { reason: ".txt files", count: 2, examples: ["a/more.txt", "a/notes.txt"] },
    { reason: "files without an extension", count: 1, examples: ["a/Makefile"] },
    { reason: ".dcm files", count: 1, examples: ["a/scan.dcm"] },
  ]);
});

test("links: followed once, loops end, copies and dead ends are counted", async (context) => {
  context.skip(process.platform === "win32", "links need rights on Windows");
  const outside = await makeFolder(images("far/9.png"));
  const path = await makeFolder(images("a/1.png", "b/2.png"));
  await symlink("..", join(path, "a", "loop"));
  await symlink("../a/1.png", join(path, "b", "copy.png"));
  await symlink("a", join(path, "z-again"));
  await symlink(join(outside, "far"), join(path, "c"));
  await symlink(join(outside, "far", "9.png"), join(path, "d.png"));
  await symlink("nowhere", join(path, "dead.png"));
  const { items, skipped } = await index({ path });
  expect(items.map(({ id }) => id)).toEqual(["a/1.png", "b/2.png", "c/9.png"]);
  expect(Object.fromEntries((skipped ?? []).map(({ reason, count }) => [reason, count]))).toEqual({
    "links to a folder that was already read": 2,
    "links to an image that is already listed": 2,
    "broken links": 1,
  });
});

test("bit depth: 16 when a PNG or TIFF has it, or as told", async () => {
  const eight = await makeFolder({ "a/1.png": png, "a/2.tif": png, "a/broken.png": "x" });
  const mixed = await makeFolder({ "a/1.png": png, "b/2.tif": deepPng });
  const depths = async (options: Parameters<typeof index>[0]) =>
    new Set((await index(options)).items.map(({ source }) => source["depth"]));
  expect(await depths({ path: eight })).toEqual(new Set([8]));
  expect(await depths({ path: mixed })).toEqual(new Set([16]));
  expect(await depths({ path: mixed, bitDepth: 8 })).toEqual(new Set([8]));
  expect(await depths({ path: eight, bitDepth: 16 })).toEqual(new Set([16]));
});

test("names that need care: spaces, umlauts, percent signs, dots", async () => {
  const names = ["a b/ä ö%20.png", "a b/x..y.PNG", "日本/1.png", "a#b/1?.png"];
  const path = await makeFolder(images(...(process.platform === "win32" ? names.slice(0, 3) : names)));
  const { items } = await index({ path });
  for (const item of items) {
    const { data } = await folder.decode(item, {
      ...testContext("unused"),
      options: folder.options.parse({ path }),
      target: { size: 8, channels: 3 },
    });
    expect(data).toHaveLength(192);
  }
  expect(items).toHaveLength(process.platform === "win32" ? 3 : 4);
});

test("a missing folder names the nearest one beside it", async () => {
  const root = await makeFolder(images("photos/1.png"));
  const error = await caught(() => index({ path: join(root, "fotos") }));
  expect(error).toMatchObject({
    code: "E_DATA",
    exitCode: 2,
    got: "nothing there",
    hint: `Did you mean ${join(root, "photos")}?`,
  });
  expect((await caught(() => index({ path: join(root, "xyz", "abc") }))).hint).toBeUndefined();
});

test("a file for a folder, an empty folder, a folder of other things", async () => {
  const root = await makeFolder({ ...images("1.png"), "other/a.txt": "x", "other/b.dcm": "x" });
  await mkdir(join(root, "empty"));
  expect((await caught(() => index({ path: join(root, "1.png") }))).got).toBe("a file");
  expect((await caught(() => index({ path: join(root, "empty") }))).message).toContain(
    "expected images (jpg, png, webp, tiff, gif, avif), got an empty folder.",
  );
  expect((await caught(() => index({ path: join(root, "other") }))).message).toContain(
    "got only 1 .txt files, 1 .dcm files.",
  );
});

test("folders without permission: the root is an error, one below is counted", async (context) => {
  context.skip(process.getuid?.() === 0 || process.platform === "win32", "needs a user whom permissions bind");
  const path = await makeFolder(images("a/1.png", "b/2.png"));
  await chmod(join(path, "b"), 0);
  const { items, skipped } = await index({ path });
  await chmod(join(path, "b"), 0o700);
  expect(items).toHaveLength(1);
  expect(skipped).toEqual([{ reason: "folders without permission", count: 1, examples: ["b"] }]);
  await chmod(path, 0);
  const error = await caught(() => index({ path }));
  await chmod(path, 0o700);
  expect(error.code).toBe("E_DATA");
});

test("stops when asked", async () => {
  const path = await makeFolder(images("a/1.png"));
  const options = folder.options.parse({ path });
  await expect(folder.index(options, testContext(path, { signal: AbortSignal.abort() }))).rejects.toThrow("aborted");
});

const csv = async (text: string, options: object = {}) => {
  const path = await makeFolder({ ...images("a/1.png", "a/2.png", "b/3.png", "train/4.png"), "labels.csv": text });
  return { path, run: () => index({ path, labels: "labels.csv", ...options }) };
};

test("a CSV file gives class, group and split, and says which images count", async () => {
  const { run } = await csv("path,label,group,split\na/1.png,cat,p1,train\n./b/3.png,dog,p1,TRAIN\na\\2.png,,,\n");
  const { items, skipped } = await run();
  expect(withoutSource(items)).toEqual([
    { id: "a/1.png", label: "cat", group: expect.stringMatching(/^[0-9a-f]{16}$/), split: "train" },
    { id: "a/2.png" },
    { id: "b/3.png", label: "dog", group: items[0]?.group, split: "train" },
  ]);
  expect(skipped).toContainEqual({ reason: "images that labels.csv does not list", count: 1, examples: [] });
});

test("other columns, separators, quotes, byte order marks, line ends", async () => {
  const named = await csv('file;class_name;note\r\n"a/1.png";"ca;t";x\r\n', {
    columns: { path: "file", label: "class_name" },
  });
  expect(withoutSource((await named.run()).items)).toEqual([{ id: "a/1.png", label: "ca;t" }]);
  const marked = await csv("\uFEFFpath\tlabel\na/1.png\tcat\n\n");
  expect(withoutSource((await marked.run()).items)).toEqual([{ id: "a/1.png", label: "cat" }]);
  const unlabelled = await csv("path\na/1.png\n", { label: "none" });
  expect(withoutSource((await unlabelled.run()).items)).toEqual([{ id: "a/1.png" }]);
});

test("absolute paths inside the folder are the same images", async () => {
  const { path, run } = await csv("path,label\n");
  await writeFile(join(path, "labels.csv"), `path,label\n${join(path, "b", "3.png")},dog\n`);
  expect(withoutSource((await run()).items)).toEqual([{ id: "b/3.png", label: "dog" }]);
});

test.each([
  ["", {}, "labels.csv: expected a header line and a line for each image, got an empty file."],
  [
    "file,label\na/1.png,x\n",
    {},
    'labels.csv: expected a column "path", got the columns file, label. Name it in the option columns.path.',
  ],
  ["path,lable\na/1.png,x\n", {}, 'expected a column "label", got the columns path, lable. Did you mean "lable"?'],
  ["path,label\n", { columns: { group: "patient" } }, 'expected a column "patient", got the columns path, label.'],
  ["path,label\na/1.png,x\na/1.png,y\n", {}, "labels.csv: expected every image once, got a/1.png in lines 2 and 3."],
  ["path,label\na/1.png,x\n./a/1.png,y\n", {}, "got a/1.png in lines 2 and 3."],
  [
    "path,label\n1.png,x\nzzz/7.png,x\n",
    {},
    'expected paths of images below the folder, got 2 unknown, the first in line 2: "1.png". Did you mean "a/1.png"?',
  ],
  ["path,label\n../1.png,x\n", {}, 'got 1 unknown, the first in line 2: "../1.png"'],
  ["path,label,split\na/1.png,x,trane\n", {}, 'expected train, validation or test in line 2, got "trane".'],
  ["path,label\na/1.png\n", {}, "labels.csv: expected a CSV file that can be read, got Invalid Record Length"],
  ['path,label\n"a/1.png,x\n', {}, "expected a CSV file that can be read, got Quote Not Closed"],
])("CSV %j is refused", async (text, options, message) => {
  const { run } = await csv(text, options);
  const error = await caught(run);
  expect(error.code).toBe("E_DATA");
  expect(error.message).toContain(message);
});

test("a CSV file that is not there", async () => {
  const path = await makeFolder(images("a/1.png"));
  const error = await caught(() => index({ path, labels: "label.csv" }));
  expect(error.message).toBe("label.csv: expected a CSV file that can be read, got no such file.");
  expect(error.message).not.toContain(basename(path));
});

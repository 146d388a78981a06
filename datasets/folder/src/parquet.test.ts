import { join } from "node:path";
import { checkDataset } from "@lejepa/contracts/testing";
import { expect, test } from "vitest";
import { caught, decode, index, makeFolder, png, withoutSource } from "./_files.test-helper.ts";
import { classes, fromBase64, parquetFile, tables } from "./_tables.test-helper.ts";
import { folder } from "./plugin.ts";

const compressions = Object.keys(tables.parquet).filter((name) => name !== "plain" && name !== "holes");

test.each(compressions)("%s: images and class names as pyarrow wrote them", async (name) => {
  const root = await makeFolder({ "images.parquet": parquetFile(name) });
  const { items } = await index({ path: join(root, "images.parquet") });
  expect(withoutSource(items)).toEqual(classes.map((label, i) => ({ id: `images.parquet/${i}`, label })));
  // in an order that leaves and returns to a row group
  for (const row of [0, 6, 3, 1, 5, 2, 4]) {
    const { data } = await decode(items[row] as (typeof items)[number], { size: 4 });
    expect([...data]).toEqual(tables.images[row]);
  }
});

test("the plugin keeps the contract", async () => {
  const path = await makeFolder({ "data/train.parquet": parquetFile("zstd") });
  expect(await checkDataset(folder, { path }, { cacheDir: path })).toEqual([]);
});

test("a folder of files called after the splits, at any depth", async () => {
  const file = parquetFile("snappy");
  const path = await makeFolder({
    "README.md": "x",
    "data/train-00000-of-00001.parquet": file,
    "data/validation-00000-of-00001.parquet": file,
    "data/test-00000-of-00001.parquet": file,
  });
  const { items, skipped } = await index({ path });
  expect(items.map(({ split }) => split)).toEqual(
    ["test", "train", "validation"].flatMap((split) => Array.from({ length: 7 }, () => split)),
  );
  expect(items[7]?.id).toBe("data/train-00000-of-00001.parquet/0");
  expect(skipped).toEqual([{ reason: ".md files", count: 1, examples: ["README.md"] }]);
  const one = { path: join(path, "data", "{train,test}-00000-of-00001.parquet") };
  expect((await index(one)).items).toHaveLength(14);
  expect((await index({ ...one, splits: "none" })).items.every(({ split }) => split === undefined)).toBe(true);
  const other = await makeFolder({ "train.parquet": file, "extra.parquet": file });
  expect((await index({ path: other })).items.every(({ split }) => split === undefined)).toBe(true);
});

test("plain bytes and other column names; groups are pseudonyms, empty cells say nothing", async () => {
  const root = await makeFolder({ "x.parquet": parquetFile("plain") });
  const path = join(root, "x.parquet");
  const { items } = await index({ path, columns: { label: "name", group: "scene", split: "part" } });
  expect(items.map(({ label }) => label)).toEqual(classes);
  expect(items.map(({ split }) => split)).toEqual(tables.splits);
  const groups = items.map(({ group }) => group);
  expect([groups[0] === groups[1], groups[1] === groups[2], groups[4]]).toEqual([true, false, undefined]);
  expect(groups.join()).not.toContain("g1");
  expect((await decode(items[2] as (typeof items)[number], { size: 4 })).data).toEqual(
    Buffer.from(tables.images[2] as number[]),
  );
  const unlabelled = await index({ path, label: "none" });
  expect(unlabelled.items.every(({ label }) => label === undefined)).toBe(true);
});

test("an empty cell is a failure of that image alone", async () => {
  const root = await makeFolder({ "x.parquet": parquetFile("holes") });
  const { items } = await index({ path: join(root, "x.parquet") });
  expect(items.map(({ label }) => label)).toEqual(["a", undefined, "c"]);
  await expect(decode(items[1] as (typeof items)[number])).rejects.toThrow("has no image in its row");
  expect((await decode(items[2] as (typeof items)[number])).data).toHaveLength(192);
});

test("images beside Parquet files: the images, unless told", async () => {
  const path = await makeFolder({ "a/1.png": png, "x.parquet": parquetFile("zstd") });
  const { items, skipped } = await index({ path });
  expect([items.length, skipped]).toEqual([1, [{ reason: ".parquet files", count: 1, examples: ["x.parquet"] }]]);
  expect((await index({ path, format: "parquet" })).items).toHaveLength(7);
  expect((await caught(() => index({ path, format: "webdataset" }))).message).toContain(
    "expected .tar files, got only 1 images, 1 .parquet files",
  );
});

test("a Parquet table of labels means what the same CSV file means", async () => {
  const files = { "a/1.png": png, "a/2.png": png, "b/3.png": png, "labels.parquet": fromBase64(tables.labelTable) };
  const path = await makeFolder({
    ...files,
    "labels.csv": "path,label,group,split\na/1.png,cat,p1,train\na/2.png,,,\nb/3.png,dog,p1,TRAIN\n",
  });
  const { items } = await index({ path, labels: "labels.parquet" });
  expect(items).toEqual((await index({ path, labels: "labels.csv" })).items);
  expect(items[0]).toMatchObject({ id: "a/1.png", label: "cat", split: "train" });
  const fewer = await makeFolder({ "a/1.png": png, "labels.parquet": files["labels.parquet"] });
  expect((await caught(() => index({ path: fewer, labels: "labels.parquet" }))).message).toContain(
    'labels.parquet: expected paths of images below the folder, got 2 unknown, the first in row 2: "a/2.png".',
  );
});

test.each([
  [
    "plain",
    {},
    'expected a column "label", got the columns img, name, scene, part. Name it in the option columns.label, or set label: none.',
  ],
  ["plain", { columns: { label: "nam" } }, 'Did you mean "name"?'],
  [
    "plain",
    { columns: { label: "name", image: "part" } },
    'expected a column "part" of images (bytes, or a struct with bytes), got those of bytes img of the columns',
  ],
  ["plain", { columns: { label: "name", split: "scene" } }, 'expected train, validation or test in row 1, got "g1".'],
])("%s with %j is refused", async (name, options, message) => {
  const root = await makeFolder({ "x.parquet": parquetFile(name) });
  const error = await caught(() => index({ path: join(root, "x.parquet"), ...options }));
  expect(error.code).toBe("E_DATA");
  expect(error.message).toContain(message);
});

test("a table of paths, a truncated file, text, a missing file, labels where there is no folder", async () => {
  const root = await makeFolder({
    "paths.parquet": fromBase64(tables.labelTable),
    "cut.parquet": parquetFile("zstd").subarray(0, 900),
    "text.parquet": "no parquet at all, but long enough to look",
  });
  const told = async (options: Parameters<typeof index>[0]) => (await caught(() => index(options))).message;
  expect(await told({ path: join(root, "paths.parquet") })).toContain(
    "got none of the columns path, label, group, split. For a table of paths give the folder of the images as path",
  );
  for (const name of ["cut.parquet", "text.parquet"]) {
    const message = await told({ path: join(root, name) });
    expect(message).toContain(`${name}: expected a Parquet file that can be read, got`);
    expect(message).not.toContain(root);
  }
  expect(await told({ path: join(root, "none.parquet") })).toContain("got nothing there. Did you mean");
  expect(await told({ path: join(root, "{cut,none,no}.parquet") })).toContain(
    "expected 3 files, got 2 missing, the first none.parquet.",
  );
  expect(await told({ path: join(root, "cut.parquet"), labels: "x.csv" })).toContain("labels: x.csv");
});

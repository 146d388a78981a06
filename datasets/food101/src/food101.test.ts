import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isLejepaError, type DatasetContext, type DatasetIndex } from "@lejepa/contracts";
import { checkDataset, testContext } from "@lejepa/contracts/testing";
import sharp from "sharp";
import { create } from "tar";
import { expect, onTestFinished, test } from "vitest";
import type { z } from "zod";
import { official } from "./official.ts";
import { food101 } from "./plugin.ts";

async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "lejepa-food101-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const jpeg = await sharp({ create: { width: 40, height: 30, channels: 3, background: "red" } })
  .jpeg()
  .toBuffer();
const lists = {
  train: { apple_pie: ["apple_pie/1", "apple_pie/2"], sushi: ["sushi/7"] },
  test: { apple_pie: ["apple_pie/3"], sushi: ["sushi/8"] },
};
const images = ["apple_pie/1", "apple_pie/2", "apple_pie/3", "sushi/7", "sushi/8"];

/** A folder in which `food-101` lies as it comes out of the archive. */
async function unpackedFolder({
  meta = lists as object,
  files = images,
}: {
  meta?: object;
  files?: string[];
} = {}): Promise<string> {
  const folder = await temporary();
  const root = join(folder, "food-101");
  await mkdir(join(root, "meta"), { recursive: true });
  for (const [name, list] of Object.entries(meta))
    await writeFile(join(root, "meta", `${name}.json`), typeof list === "string" ? list : JSON.stringify(list));
  for (const file of files) {
    await mkdir(dirname(join(root, "images", file)), { recursive: true });
    await writeFile(join(root, "images", `${file}.jpg`), jpeg);
  }
  return folder;
}

async function archiveOf(folder: string): Promise<string> {
  const archive = join(await temporary(), "food-101.tar.gz");
  await create({ gzip: true, file: archive, cwd: folder }, ["food-101"]);
  return archive;
}

type Options = z.input<typeof food101.options>;

const index = (options: Options, context: DatasetContext): Promise<DatasetIndex> =>
  food101.index(food101.options.parse(options), context);

async function told(options: Options, context: DatasetContext): Promise<string> {
  const error: unknown = await index(options, context).catch((thrown: unknown) => thrown);
  if (isLejepaError(error)) return error.message;
  throw error instanceof Error ? error : new Error("nothing was thrown");
}

const expected = [
  { id: "apple_pie/1", label: "apple_pie", split: "train" },
  { id: "apple_pie/2", label: "apple_pie", split: "train" },
  { id: "apple_pie/3", label: "apple_pie", split: "test" },
  { id: "sushi/7", label: "sushi", split: "train" },
  { id: "sushi/8", label: "sushi", split: "test" },
];
const known = ({ items }: DatasetIndex): object[] => items.map(({ source: _source, ...rest }) => rest);

test("an unpacked folder, or the one that it lies in: the official split", async () => {
  const folder = await unpackedFolder();
  const context = testContext(await temporary());
  for (const path of [folder, join(folder, "food-101")]) {
    const result = await index({ path }, context);
    expect(known(result)).toEqual(expected);
    expect(result.skipped).toEqual([]);
  }
});

test("an archive is unpacked once, into the cache; a changed one again", async () => {
  const archive = await archiveOf(await unpackedFolder());
  const cache = await temporary();
  const said: string[] = [];
  const context = testContext(cache, { log: (line) => said.push(line) });
  expect(known(await index({ path: archive, verify: false }, context))).toEqual(expected);
  expect(known(await index({ path: archive, verify: false }, context))).toEqual(expected);
  expect(said).toEqual(["unpacking food-101.tar.gz"]);
  await cp(await archiveOf(await unpackedFolder({ files: images.slice(1) })), archive);
  const { items, skipped } = await index({ path: archive, verify: false }, context);
  expect([items.length, skipped?.[0]?.examples]).toEqual([4, ["apple_pie/1"]]);
  expect(readdirSync(cache)).toHaveLength(2);
});

test("the plugin keeps the contract", async () => {
  const path = await archiveOf(await unpackedFolder());
  expect(await checkDataset(food101, { path, verify: false }, { cacheDir: await temporary() })).toEqual([]);
});

test("an archive with another MD5 is refused and leaves nothing", async () => {
  const archive = await archiveOf(await unpackedFolder());
  const cache = await temporary();
  const md5 = createHash("md5").update(readFileSync(archive)).digest("hex");
  expect(await told({ path: archive }, testContext(cache))).toContain(
    `food-101.tar.gz: expected md5 ${official.digest.hex}, got ${md5}.`,
  );
  expect(readdirSync(cache)).toEqual([]);
});

test("download only when asked; the archive is found again in the cache", async () => {
  const archive = await archiveOf(await unpackedFolder());
  const asked: unknown[] = [];
  const download: DatasetContext["download"] = async (request) => {
    asked.push(request);
    return archive;
  };
  const context = testContext(await temporary(), { download });
  expect(await told({}, context)).toContain(
    "expected a path to the archive or the unpacked folder, got none. Set download: true (5 GB from http://data.vision.ee.ethz.ch",
  );
  expect(asked).toEqual([]);
  expect(known(await index({ download: true, verify: false }, context))).toEqual(expected);
  expect(asked).toEqual([official]);
  expect(known(await index({ verify: false }, testContext(dirname(archive))))).toEqual(expected);
  expect(food101.options.safeParse({ path: "x", download: true }).success).toBe(false);
});

test("images beside the lists are counted, as are those that are missing", async () => {
  const path = await unpackedFolder({ files: [...images.slice(2), "sushi/99"] });
  const { items, skipped } = await index({ path }, testContext("unused"));
  expect(items).toHaveLength(3);
  expect(skipped).toEqual([
    { reason: "images that meta/ lists and that are not there", count: 2, examples: ["apple_pie/1", "apple_pie/2"] },
    { reason: "images that meta/ does not list", count: 1, examples: ["sushi/99"] },
  ]);
});

test.each([
  ["no list of test images", { meta: { train: lists.train } }, "meta/test.json: expected a file, got none (ENOENT)."],
  ["text for a list", { meta: { ...lists, test: "[" } }, "meta/test.json: expected JSON like"],
  [
    "a path out of images",
    { meta: { ...lists, test: { x: ["../../etc/passwd"] } } },
    "meta/test.json: expected JSON like",
  ],
  ["an image in both", { meta: { ...lists, test: lists.train } }, "expected every image once, got apple_pie/1 twice."],
  ["no images", { files: [] }, "expected images of 5 that meta/ lists, got none of them, 0 others."],
])("%s is refused", async (_name, folder, message) => {
  expect(await told({ path: await unpackedFolder(folder) }, testContext("unused"))).toContain(message);
});

test("folders of classes, nothing, a damaged archive", async () => {
  const folder = await unpackedFolder();
  const context = testContext(await temporary());
  expect(await told({ path: join(folder, "food-101", "images") }, context)).toContain("is for the dataset folder");
  expect(await told({ path: join(folder, "food-102") }, context)).toContain("Did you mean");
  const archive = await archiveOf(folder);
  await writeFile(archive, readFileSync(archive).subarray(0, 300));
  expect(await told({ path: archive, verify: false }, context)).toContain(
    "expected a whole .tar.gz archive, got unexpected end",
  );
  expect(readdirSync(context.cacheDir)).toEqual([]);
});

const data = fileURLToPath(new URL("../../../../shared/data/food", import.meta.url));

test("real photographs under the lists of the ten-class subset", async (context) => {
  context.skip(!existsSync(data), "needs the sample data ../shared/data/food");
  const folder = await temporary();
  await symlink(join(data, "food101"), join(folder, "images"));
  await symlink(join(data, "food101_10class_meta"), join(folder, "meta"));
  const { items } = await index({ path: folder }, testContext("unused"));
  expect(new Set(items.map(({ label }) => label)).size).toBe(6);
  const photographs = readdirSync(join(data, "food101"), { recursive: true }) as string[];
  expect(items).toHaveLength(photographs.filter((file) => file.endsWith(".jpg")).length);
  for (const item of items.slice(0, 5)) {
    const decoding = {
      ...testContext("unused"),
      options: food101.options.parse({}),
      target: { size: 64, channels: 3 },
    };
    expect(new Set((await food101.decode(item, decoding)).data).size).toBeGreaterThan(20);
  }
});

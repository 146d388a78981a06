import { join } from "node:path";
import { checkDataset } from "@lejepa/contracts/testing";
import { Header } from "tar";
import { expect, test } from "vitest";
import { caught, decode, index, makeFolder, png, withoutSource } from "./_files.test-helper.ts";
import { classes, tables, tarFile } from "./_tables.test-helper.ts";
import { folder } from "./plugin.ts";

type Entry = readonly [
  name: string,
  contents?: string | Uint8Array,
  type?: "File" | "SymbolicLink" | "CharacterDevice",
];

/** A tar file of these entries. */
function tar(...entries: readonly Entry[]): Buffer {
  const blocks = entries.flatMap(([path, contents = "", type = "File"]) => {
    const body = Buffer.from(contents);
    const header = Buffer.alloc(512);
    new Header({
      path,
      size: body.length,
      type,
      mode: 0o644,
      linkpath: type === "SymbolicLink" ? "/etc/passwd" : "",
    }).encode(header);
    return [header, body, Buffer.alloc((512 - (body.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

const indexTar = async (contents: Uint8Array, options: Omit<Parameters<typeof index>[0], "path"> = {}) =>
  index({ path: join(await makeFolder({ "a.tar": contents }), "a.tar"), ...options });

test.each(Object.keys(tables.tar))("%s: samples as Python wrote them, read in place", async (name) => {
  const { items, skipped, warnings } = await indexTar(tarFile(name), { columns: { label: "label" } });
  expect(items.map(({ label }) => label)).toEqual(classes);
  expect(items.map(({ group }) => group === undefined)).toEqual(tables.groups.map((group) => group === null));
  expect([items[4]?.id, items[0]?.facts, skipped, warnings]).toEqual([
    "a.tar/ä0004.png",
    { format: "png" },
    [],
    undefined,
  ]);
  const key = name === "ustar" ? "0003" : `${"long-".repeat(30)}0003`;
  expect(items[3]?.id).toBe(`a.tar/${key}.png`);
  for (const [i, item] of items.entries())
    expect([...(await decode(item, { size: 4 })).data]).toEqual(tables.images[i]);
});

test("the plugin keeps the contract", async () => {
  const path = await makeFolder({ "train-0.tar": tarFile("pax"), "train-1.tar": tarFile("gnu") });
  expect(await checkDataset(folder, { path }, { cacheDir: path })).toEqual([]);
});

test("the class: cls, else json, or the sidecar or key that is named", async () => {
  const labelsOf = async (options: object) => (await indexTar(tarFile("gnu"), options)).items.map(({ label }) => label);
  expect(await labelsOf({})).toEqual(tables.labels.map(String));
  expect(await labelsOf({ columns: { label: "txt" } })).toEqual(classes);
  expect(await labelsOf({ label: "none" })).toEqual(classes.map(() => undefined));
  expect((await caught(() => labelsOf({ columns: { label: "lable" } }))).message).toContain(
    'a.tar: expected samples with "lable", a sidecar or a key of the json one, got none in 1 shard.',
  );
});

test("an archive of folders: classes and splits as in a folder; a sidecar anywhere puts an end to that", async () => {
  const entries: Entry[] = [
    ["./train/cat/1.png", png],
    ["./train/dog/2.png", png],
    ["./test/cat/3.png", png],
  ];
  expect(withoutSource((await indexTar(tar(...entries))).items)).toEqual([
    { id: "a.tar/train/cat/1.png", label: "cat", split: "train" },
    { id: "a.tar/train/dog/2.png", label: "dog", split: "train" },
    { id: "a.tar/test/cat/3.png", label: "cat", split: "test" },
  ]);
  const { items } = await indexTar(tar(...entries, ["train/dog/2.cls", "7"]));
  expect(items.map(({ label }) => label)).toEqual([undefined, "7", undefined]);
});

test("several shards by a pattern; splits from their names; padding counts", async () => {
  const path = await makeFolder({
    "s/train-000.tar": tarFile("gnu"),
    "s/train-001.tar": tarFile("pax"),
    "s/val-000.tar": tarFile("ustar"),
  });
  const { items } = await index({ path: join(path, "s", "train-{000..001}.tar") });
  expect([items.length, items[7]?.id, items[0]?.split]).toEqual([14, "train-001.tar/0000.png", "train"]);
  expect((await index({ path })).items.map(({ split }) => split)[14]).toBe("validation");
  const missing = await caught(() => index({ path: join(path, "s", "train-{000..009}.tar") }));
  expect(missing.message).toContain("expected 10 files, got 8 missing, the first train-002.tar.");
  expect((await caught(() => index({ path: join(path, "{1..999999}.tar") }))).message).toContain("fewer than 100000");
  expect((await caught(() => index({ path: join(path, "{a.tar,b.parquet}") }))).message).toContain("several kinds");
});

test("a shard that is cut off: whole samples before the cut are kept, the rest is told", async () => {
  const whole = tar(["1.png", png], ["1.cls", "a"], ["2.png", png], ["2.cls", "b"]);
  for (const [cut, kept] of [
    [512 * 2 + png.length, 1],
    [whole.length - 1024, 2],
    [whole.length - 1024 - 512, 1],
  ] as const) {
    const { items, skipped, warnings } = await indexTar(whole.subarray(0, cut));
    expect(items).toHaveLength(kept);
    expect(skipped?.[0]).toEqual({ reason: "cut off shards", count: 1, examples: ["a.tar"] });
    expect(warnings).toEqual(["a.tar is not whole: only the samples before the damage are used."]);
  }
  const damaged = Buffer.from(whole);
  damaged.fill(7, 512 * 3 + 512 * Math.ceil(png.length / 512), 512 * 4 + 512 * Math.ceil(png.length / 512));
  const { items, skipped } = await indexTar(damaged);
  expect([items.length, skipped?.[0]?.reason]).toEqual([1, "damaged shards"]);
});

test("links and devices are counted and never followed; names are only names", async () => {
  const { items, skipped } = await indexTar(
    tar(
      ["1.png", "", "SymbolicLink"],
      ["2.png", "", "CharacterDevice"],
      ["../../3.png", png],
      ["/etc/4.png", png],
      ["5.txt", "no image"],
    ),
  );
  expect(items.map(({ id }) => id)).toEqual(["a.tar/../../3.png", "a.tar//etc/4.png"]);
  expect((await decode(items[1] as (typeof items)[number])).data).toHaveLength(192);
  expect(skipped).toEqual([
    { reason: "links and devices in tar files", count: 2, examples: ["a.tar", "a.tar"] },
    { reason: "samples without an image", count: 1, examples: ["a.tar/5"] },
  ]);
});

test("several images in a sample: the plain one, or the one named", async () => {
  const contents = tar(["1.mask.png", png], ["1.jpg", png]);
  expect((await indexTar(contents)).items.map(({ id }) => id)).toEqual(["a.tar/1.jpg"]);
  expect((await indexTar(contents)).skipped?.[0]?.reason).toBe("samples with further images");
  expect((await indexTar(contents, { columns: { image: "mask.png" } })).items[0]?.id).toBe("a.tar/1.mask.png");
});

test.each([
  ["a file twice", tar(["1.png", png], ["1.png", png]), 'a.tar: expected every file once, got "1.png" twice.'],
  ["broken JSON", tar(["1.png", png], ["1.json", "{"]), "a.tar/1.json: expected a JSON object, got other text."],
  [
    "a label that is a list",
    tar(["1.png", png], ["1.json", '{"label":[1]}']),
    "expected label to be a text or a number",
  ],
  ["a split of another name", tar(["1.png", png], ["1.json", '{"split":"dev"}']), 'in 1.json, got "dev"'],
  ["no image", tar(["1.txt", "x"]), "expected images, got only 1 samples without an image."],
  ["another file", Buffer.alloc(4096, "text"), "got only 1 files that are no tar, or compressed."],
  ["nothing", Buffer.of(), "got only 1 files that are no tar, or compressed."],
])("%s is refused", async (_name, contents, message) => {
  const error = await caught(() => indexTar(contents));
  expect(error.code).toBe("E_DATA");
  expect(error.message).toContain(message);
});

test("a compressed archive is told what to do", async () => {
  const path = join(await makeFolder({ "a.tar.gz": "x" }), "a.tar.gz");
  expect((await caught(() => index({ path }))).message).toContain("unpack it to .tar");
});

import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { index, makeFolder } from "./_files.test-helper.ts";
import { image, writeDicom, type Elements } from "./_writer.test-helper.ts";

const file = (n: number): Uint8Array => writeDicom(image({}, n));

test("any depth, any name; links once; hidden files not", async () => {
  const path = await makeFolder({ "a/b/c/IM0001": file(1), "x.dcm": file(2), ".hidden": file(3), ".git/x": file(4) });
  await mkdir(join(path, "links"));
  await symlink(path, join(path, "links/loop"));
  await symlink(join(path, "x.dcm"), join(path, "links/again"));
  await symlink(join(path, "nothing"), join(path, "links/broken"));
  const { items, skipped } = await index({ path });
  expect(items.map(({ source }) => source.path.split("/").at(-1))).toEqual(["IM0001", "again"]);
  expect(Object.fromEntries((skipped ?? []).map(({ reason, count }) => [reason, count]))).toEqual({
    hidden: 2,
    "links to a folder that was already read": 1,
    "broken links": 1,
    "copies of an image that is already listed": 1,
  });
});

test("a DICOMDIR is a list of files; one that leads out of its folder is not followed", async () => {
  const record = (id: string): Elements => ({ "00041430": ["CS", "IMAGE"], "00041500": ["CS", id] });
  const list = writeDicom({
    "00041220": ["SQ", [record("ST1\\IM1"), record("..\\..\\ETC"), { "00041430": ["CS", "STUDY"] }]],
  });
  const path = await makeFolder({ "disc/DICOMDIR": list, "disc/ST1/IM1": file(1), "disc/ST1/IM2": file(2) });
  const { items } = await index({ path: join(path, "disc/DICOMDIR") });
  expect(items.map(({ source }) => source.path.slice(path.length))).toEqual(["/disc/ST1/IM1"]);
});

test("one file is a set of one", async () => {
  const path = await makeFolder({ "one.dcm": file(1) });
  expect((await index({ path: join(path, "one.dcm") })).items).toHaveLength(1);
});

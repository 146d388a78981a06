import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeImages } from "./_cli.test-helper.ts";
import { describeRecognised, recogniseDataset } from "./recognise.ts";

test("ordinary images, an empty folder and nothing at all go to the folder dataset", async () => {
  const root = mkdtempSync(join(tmpdir(), "lejepa-recognise-"));
  await makeImages(join(root, "images/deep"), { count: 2, first: 0 });
  mkdirSync(join(root, "empty"));
  writeFileSync(join(root, "images/notes.txt"), "notes");
  for (const name of ["images", "images/deep/0.png", "empty", "nowhere"])
    expect(await recogniseDataset(join(root, name))).toMatchObject({ id: "folder" });
  expect(await recogniseDataset(join(root, "images"))).toMatchObject({ looked: 3 });
});

test("the choice is said with its reason, when there is one", () => {
  const many = { id: "dicom", recognised: 60, looked: 64 };
  expect(describeRecognised("scans", many)).toBe(
    "reading scans as dicom, by 60 of 64 files looked at (--dataset ID for another)",
  );
  expect(describeRecognised("a", { id: "dicom", recognised: 1, looked: 1 })).toContain("by its first bytes");
  expect(describeRecognised("a", { id: "folder", recognised: 0, looked: 3 })).toBeUndefined();
});

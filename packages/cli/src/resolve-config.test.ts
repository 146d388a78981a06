// Where a configuration may come from when there is no file.
import { expect, test } from "vitest";
import { readSettings } from "./resolve-config.ts";

test("the dataset may come by --set alone", async () => {
  const { value, source } = await readSettings({ set: ["dataset.id=folder", "dataset.options.path=photos"] });
  expect(value).toEqual({ dataset: { id: "folder", options: { path: "photos" } } });
  expect(source).toBe("flags");
  await expect(readSettings({ set: ["batchSize=4"] })).rejects.toThrow("expected images to work on");
});

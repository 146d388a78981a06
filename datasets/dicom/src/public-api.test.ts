import { isDataset } from "@lejepa/contracts";
import { expect, test } from "vitest";
import * as api from "./index.ts";

test("the public names", () => {
  expect(Object.keys(api).sort()).toEqual(["dicom", "dicomOptions"]);
  expect(isDataset(api.dicom)).toBe(true);
});

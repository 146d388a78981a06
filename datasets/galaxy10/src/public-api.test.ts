import { isDataset } from "@lejepa/contracts";
import { expect, test } from "vitest";
import * as api from "./index.ts";

test("the public names", () => {
  expect(Object.keys(api).sort()).toEqual(["galaxy10", "galaxy10Options"]);
  expect(isDataset(api.galaxy10)).toBe(true);
});

import { isDataset } from "@lejepa/contracts";
import { expect, test } from "vitest";
import * as api from "./index.ts";

test("the public names", () => {
  expect(Object.keys(api).sort()).toEqual(["food101", "food101Options"]);
  expect(isDataset(api.food101)).toBe(true);
});

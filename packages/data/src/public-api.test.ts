import { expect, test } from "vitest";
import * as api from "./index.ts";

test("the public names", () => {
  expect(Object.keys(api).sort()).toEqual([
    "buildStore",
    "channelHistograms",
    "channelPercentiles",
    "channelStatistics",
    "createBatchLoader",
    "createInspector",
    "createSampler",
    "epochOrder",
    "expectClasses",
    "listItems",
    "splitItems",
    "valueRange",
  ]);
});

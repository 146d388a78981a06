import { expect, test } from "vitest";
import * as api from "./index.ts";

test("the public names", () => {
  expect(Object.keys(api).sort()).toEqual([
    "buildStore",
    "channelHistograms",
    "channelPercentiles",
    "channelStatistics",
    "countClasses",
    "countFacts",
    "createBatchLoader",
    "createInspector",
    "createPartners",
    "createSampler",
    "datasetOfItems",
    "epochOrder",
    "expectClasses",
    "findEqualFiles",
    "findNearPairs",
    "groupBalance",
    "groupsInTwoSplits",
    "listItems",
    "measureFiles",
    "sampleItems",
    "scanPixels",
    "sketch",
    "splitItems",
    "splitOfItems",
    "summariseInspection",
    "suspectGroups",
    "valueRange",
  ]);
});

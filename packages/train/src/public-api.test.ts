import { expect, test } from "vitest";
import * as api from "./index.ts";

test("public names", () => {
  expect(Object.keys(api)).toMatchInlineSnapshot(`
    [
      "adamW",
      "adamWHyper",
      "hyperLength",
      "listCheckpoints",
      "fineTune",
      "loadEncoder",
      "readRunConfig",
      "readRunInfo",
      "readMetrics",
      "createModel",
      "initialValues",
      "openImages",
      "prepareData",
      "pretrain",
      "createSchedule",
      "learningRate",
      "freshState",
      "uploadState",
      "compileStep",
      "stepFeeds",
      "stepSignature",
      "trainingStep",
    ]
  `);
});

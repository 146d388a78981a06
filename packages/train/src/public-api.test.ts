import { expect, test } from "vitest";
import * as api from "./index.ts";

test("public names", () => {
  expect(Object.keys(api)).toMatchInlineSnapshot(`
    [
      "adamW",
      "adamWHyper",
      "hyperLength",
      "listCheckpoints",
      "loadEncoder",
      "readMetrics",
      "readRunConfig",
      "readRunInfo",
      "fineTune",
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

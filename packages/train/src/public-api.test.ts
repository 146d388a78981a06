import { expect, test } from "vitest";
import * as api from "./index.ts";

test("public names", () => {
  expect(Object.keys(api)).toMatchInlineSnapshot(`
    [
      "adamW",
      "adamWHyper",
      "hyperLength",
      "listCheckpoints",
      "bestCheckpoint",
      "readRunScore",
      "smoothedLoss",
      "loadEncoder",
      "loadModel",
      "readMetrics",
      "createModel",
      "initialValues",
      "openImages",
      "prepareData",
      "pretrain",
      "readRunConfig",
      "readRunInfo",
      "createSchedule",
      "learningRate",
      "stepFeeds",
      "stepSignature",
      "trainingStep",
    ]
  `);
});

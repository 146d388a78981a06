import { expect, test } from "vitest";
import * as api from "./index.ts";

test("the public names", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "LejepaError",
      "applySettings",
      "bindDataset",
      "configJsonSchema",
      "configKeys",
      "configSchema",
      "configTable",
      "configToJson",
      "defineConfig",
      "defineDataset",
      "deviceNames",
      "devicePrecisions",
      "encoderNames",
      "errorCodes",
      "expectRank",
      "expectShape",
      "findDataset",
      "isDataset",
      "isLejepaError",
      "isVit",
      "nearest",
      "objectiveDefaults",
      "parseConfig",
      "precisions",
      "splitNamed",
      "stream",
      "withChannels",
    ]
  `);
});

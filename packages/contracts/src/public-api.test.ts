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
      "defineAugmentation",
      "defineConfig",
      "defineDataset",
      "deviceNames",
      "devicePrecisions",
      "domainOf",
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
      "operationNames",
      "operationSchemas",
      "parseConfig",
      "policies",
      "policyOf",
      "policyPage",
      "precisions",
      "resolveAugmentation",
      "splitNamed",
      "stream",
      "withImages",
    ]
  `);
});

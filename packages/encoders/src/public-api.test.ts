import { expect, test } from "vitest";
import * as api from "./index.ts";

test("public names", () => {
  expect(Object.keys(api)).toMatchInlineSnapshot(`
    [
      "dinoWeights",
      "flatLayout",
      "flatRow",
      "flatten",
      "pack",
      "unflatten",
      "unpack",
      "fromHalf",
      "toHalf",
      "initialise",
      "createProjector",
      "createEncoder",
      "encoderNames",
      "readSafetensors",
      "safetensorsChunks",
      "writeSafetensors",
      "selectWeights",
      "withShapes",
    ]
  `);
});

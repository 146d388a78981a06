import { expect, test } from "vitest";
import * as api from "./index.ts";

test("exports", () => {
  expect(Object.keys(api)).toMatchInlineSnapshot(`
    [
      "applyViews",
      "drawView",
      "drawViews",
      "normaliseImages",
      "identityParameters",
      "packViews",
      "viewSignature",
      "resolveViews",
      "viewWords",
    ]
  `);
});

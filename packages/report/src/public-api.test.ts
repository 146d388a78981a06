import { expect, test } from "vitest";
import * as api from "./index.ts";

test("the public surface", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "bars",
      "cockpitPage",
      "colours",
      "figure",
      "histogram",
      "html",
      "leaderboardPage",
      "page",
      "pictureRows",
      "pictureUrl",
      "table",
      "tile",
      "tiles",
      "wide",
    ]
  `);
});

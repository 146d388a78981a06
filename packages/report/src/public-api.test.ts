import { expect, test } from "vitest";
import * as api from "./index.ts";

test("the public surface", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "bars",
      "cockpitPage",
      "colours",
      "comparisonPage",
      "figure",
      "galleryOf",
      "histogram",
      "html",
      "leaderboardPage",
      "mapFeatures",
      "mostMapped",
      "page",
      "patchPictures",
      "pictureRows",
      "pictureUrl",
      "principalComponents",
      "table",
      "tile",
      "tiles",
      "wide",
    ]
  `);
});

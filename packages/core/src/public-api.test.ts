import { expect, test } from "vitest";
import * as api from "./index.ts";

test("the public surface", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "alphaReQ",
      "andersonDarling",
      "bhep",
      "collapseVerdict",
      "cramerVonMises",
      "effectiveRank",
      "eppsPulley",
      "expectComparable",
      "extendedJarqueBera",
      "featureStd",
      "henzeZirkler",
      "kolmogorovSmirnov",
      "labelFreeScore",
      "lejepaLoss",
      "lidar",
      "normalityTests",
      "rankMe",
      "shapiroWilk",
      "sigreg",
      "sigregDirections",
      "varianceCovariance",
      "watson",
    ]
  `);
});

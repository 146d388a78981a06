import { expect, test } from "vitest";
import * as api from "./index.ts";

test("the public surface", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "alphaReQ",
      "andersonDarling",
      "bhep",
      "characteristicMethod",
      "collapseVerdict",
      "combinedMgf",
      "compareScores",
      "cramerVonMises",
      "criticalValue",
      "effectiveRank",
      "eppsPulley",
      "expectComparable",
      "extendedJarqueBera",
      "featureStd",
      "henzeVisagie",
      "henzeZirkler",
      "kolmogorovSmirnov",
      "labelFreeScore",
      "lejepaLoss",
      "lidar",
      "momentDistance",
      "normalityTests",
      "orderStatisticNll",
      "rankMe",
      "shapiroWilk",
      "sigreg",
      "sigregDirections",
      "varianceCovariance",
      "vasicekEntropy",
      "watson",
    ]
  `);
});

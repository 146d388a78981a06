import { expect, test } from "vitest";
import * as api from "./index.ts";

test("the public surface", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "alarmRules",
      "alphaReQ",
      "andersonDarling",
      "bhep",
      "characteristicMethod",
      "collapseAlarms",
      "combinedMgf",
      "compareScores",
      "covarianceSpectrum",
      "cramerVonMises",
      "criticalValue",
      "effectiveRank",
      "eppsPulley",
      "expectComparable",
      "expectedSigreg",
      "extendedJarqueBera",
      "featureStd",
      "henzeVisagie",
      "henzeZirkler",
      "kolmogorovSmirnov",
      "labelFreeScore",
      "lejepaLoss",
      "lidar",
      "momentDistance",
      "normalOrderStatistics",
      "normalityTests",
      "orderStatisticNll",
      "rankMe",
      "shapiroWilk",
      "sigreg",
      "sigregDirections",
      "spearman",
      "varianceCovariance",
      "vasicekEntropy",
      "watson",
    ]
  `);
});

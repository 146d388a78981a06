/**
 * SIGReg, the LeJEPA objective, normality tests, the label-free score and collapse metrics.
 *
 * Start at objective.ts (the loss), which uses sigreg.ts (the statistic), which uses characteristic.ts (its two means).
 * Tensors in and out are tfjs tensors, so all of it runs on any engine; metrics/ is plain arithmetic on the host.
 *
 * @module
 */
export { type CharacteristicForm, characteristicMethod, type CharacteristicOptions } from "./characteristic.ts";
export { sigregDirections } from "./directions.ts";
export {
  type AlarmContext,
  type AlarmRule,
  alarmRules,
  type CollapseAlarm,
  collapseAlarms,
} from "./metrics/alarms.ts";
export {
  compareScores,
  expectComparable,
  labelFreeScore,
  type ScoredRun,
  type ScoreSettings,
} from "./metrics/label-free-score.ts";
export { type RankCorrelation, spearman } from "./metrics/rank-correlation.ts";
export {
  alphaReQ,
  covarianceSpectrum,
  effectiveRank,
  type FeatureTable,
  featureStd,
  type LidarOptions,
  lidar,
  rankMe,
} from "./metrics/spectrum.ts";
export {
  andersonDarling,
  type AndersonDarlingOptions,
  cramerVonMises,
  kolmogorovSmirnov,
  watson,
} from "./normality/cdf-tests.ts";
export { criticalValue, type CriticalValueOptions, type SignificanceLevel } from "./normality/critical-values.ts";
export { extendedJarqueBera, momentDistance, varianceCovariance } from "./normality/moment-tests.ts";
export { bhep, combinedMgf, henzeVisagie, henzeZirkler } from "./normality/multivariate-tests.ts";
export type { NormalTails } from "./normality/normal.ts";
export {
  type OrderStatisticOptions,
  orderStatisticNll,
  vasicekEntropy,
  type VasicekOptions,
} from "./normality/order-tests.ts";
export { type NormalityTest, normalityTests } from "./normality/registry.ts";
export {
  normalOrderStatistics,
  type OrderExpectation,
  shapiroWilk,
  type ShapiroWilkOptions,
} from "./normality/shapiro-wilk.ts";
export { type LejepaLoss, lejepaLoss, type LejepaLossOptions } from "./objective.ts";
export type { QuadratureOptions } from "./quadrature.ts";
export { eppsPulley, type EppsPulleyOptions, expectedSigreg, sigreg, type SigregOptions } from "./sigreg.ts";

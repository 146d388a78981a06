/** SIGReg, the LeJEPA objective, normality tests, label-free score and collapse metrics over tfjs ops.
 * @module
 */
export { sigregDirections } from "./directions.ts";
export { type CollapseVerdict, collapseVerdict } from "./metrics/collapse.ts";
export { expectComparable, labelFreeScore, type ScoreSettings } from "./metrics/label-free-score.ts";
export {
  alphaReQ,
  effectiveRank,
  type FeatureTable,
  featureStd,
  type LidarOptions,
  lidar,
  rankMe,
} from "./metrics/spectrum.ts";
export { bhep, henzeZirkler } from "./normality/multivariate.ts";
export { type CriticalValues, type NormalityTest, normalityTests } from "./normality/registry.ts";
export {
  andersonDarling,
  cramerVonMises,
  extendedJarqueBera,
  kolmogorovSmirnov,
  shapiroWilk,
  type ShapiroWilkOptions,
  varianceCovariance,
  watson,
} from "./normality/univariate.ts";
export { type LejepaLoss, lejepaLoss, type LejepaLossOptions } from "./objective.ts";
export type { QuadratureOptions } from "./quadrature.ts";
export { eppsPulley, type EppsPulleyOptions, sigreg, type SigregOptions } from "./sigreg.ts";

/** SIGReg, the LeJEPA objective, normality tests, label-free score and collapse metrics over tfjs ops.
 * @module
 */
export { sigregDirections } from "./directions.ts";
export { type LejepaLoss, lejepaLoss, type LejepaLossOptions } from "./objective.ts";
export type { QuadratureOptions } from "./quadrature.ts";
export { eppsPulley, type EppsPulleyOptions, sigreg, type SigregOptions } from "./sigreg.ts";

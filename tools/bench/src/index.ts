/**
 * What is measured, and how a measurement is told: for other tools that start the same programs (`dist/step.js`,
 * `dist/sigreg.js`, `python/`).
 * @module
 */
export {
  gpuSigregCases,
  gpuStepCases,
  quickSigregCases,
  quickStepCases,
  type SigregCase,
  type StepCase,
} from "./cases.ts";
export type { Measured } from "./input.ts";

/**
 * Defaults of the LeJEPA objective: the single source for the config schema and for `@lejepa/core`.
 * lambda, tMax, knots: paper arXiv:2511.08544, section 6 and algorithm 1 (half-line form of the quadrature).
 */

/** Options of the LeJEPA objective. Symbols in brackets are the paper's. */
export interface ObjectiveOptions {
  /** Weight of SIGReg [lambda]; the invariance term gets 1 - lambda. */
  readonly lambda: number;
  /** Random directions a step [M]. */
  readonly slices: number;
  /** Quadrature knots [K]. */
  readonly knots: number;
  /** Upper end of the integration range. */
  readonly tMax: number;
  /** `half-line`: t in [0, tMax], doubled; `full-line`: t in [-tMax, tMax], the paper's Algorithm 1. */
  readonly quadrature: "half-line" | "full-line";
  /** How the statistics of views and slices become one number. */
  readonly reduction: "mean" | "sum" | "none";
  /** Statistics below this value count as 0; `null`: off. */
  readonly clipValue: number | null;
  /** One statistic over all views' samples together instead of one for each view. */
  readonly pooled: boolean;
  /** Views whose mean is the centre of the invariance term. */
  readonly centre: "global" | "all";
}

/** The paper's defaults. */
export const objectiveDefaults: ObjectiveOptions = Object.freeze({
  lambda: 0.05,
  slices: 1024,
  knots: 17,
  tMax: 3,
  quadrature: "half-line",
  reduction: "mean",
  clipValue: null,
  pooled: false,
  centre: "global",
} as const);

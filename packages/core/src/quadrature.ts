/**
 * The one definition of the quadrature behind the Epps-Pulley statistic: knots t_k, weights w_k and the standard normal
 * characteristic function phi_k = exp(-t_k^2 / 2) at the knots. Not a general integrator: uniform knots, trapezoid rule.
 *
 * The integrand is even in t, so both variants are folded onto t > 0 (t = 0 contributes exactly 0: there cos and phi are 1).
 * Paper: Algorithm 1 uses the full line with tMax = 5; the half line with tMax = 3 is this project's default.
 */
import { LejepaError } from "@lejepa/contracts";

/** Which knots integrate the statistic. */
export interface QuadratureOptions {
  /** `half-line`: t in [0, tMax], doubled; `full-line`: t in [-tMax, tMax]. */
  readonly quadrature: "half-line" | "full-line";
  /** Number of knots [K], both ends included; at least 2. */
  readonly knots: number;
  /** Upper end of the integration range; positive. */
  readonly tMax: number;
}

/** Knots folded onto t > 0: `t[k] = (k + first) * step`, with `first` 1 or 1/2. */
export interface Knots {
  readonly step: number;
  readonly first: 1 | 0.5;
  readonly t: readonly number[];
  /** exp(-t^2 / 2) */
  readonly phi: readonly number[];
  /** Trapezoid weight times phi, both halves of the line together. */
  readonly weight: readonly number[];
}

/**
 * Knots and weights of a quadrature.
 *
 * Half line: step = tMax / (K - 1). Full line: step = 2 tMax / (K - 1). Weights: 2 step phi inside, step phi at the end.
 * An odd K on the full line is the half line with (K + 1) / 2 knots; an even K puts the knots at half steps.
 *
 * @throws LejepaError E_CONFIG for fewer than 2 knots or a tMax that is not positive
 */
export function foldedKnots({ quadrature, knots, tMax }: QuadratureOptions): Knots {
  checkQuadrature(knots, tMax);
  const intervals = quadrature === "half-line" ? 2 * (knots - 1) : knots - 1;
  const step = (2 * tMax) / intervals;
  const first = intervals % 2 === 0 ? 1 : 0.5;
  const count = Math.ceil(intervals / 2);
  const t = Array.from({ length: count }, (_, k) => (k + first) * step);
  const phi = t.map((value) => Math.exp(-(value ** 2) / 2));
  const weight = phi.map((value, k) => (k === count - 1 ? step : 2 * step) * value);
  return { step, first, t, phi, weight };
}

function checkQuadrature(knots: number, tMax: number): void {
  if (!Number.isInteger(knots) || knots < 2) {
    throw new LejepaError({
      code: "E_CONFIG",
      where: "sigreg",
      expected: "knots as an integer of at least 2",
      got: String(knots),
      hint: "The default is 17.",
    });
  }
  if (!(tMax > 0 && Number.isFinite(tMax))) {
    throw new LejepaError({ code: "E_CONFIG", where: "sigreg", expected: "a positive tMax", got: String(tMax) });
  }
}

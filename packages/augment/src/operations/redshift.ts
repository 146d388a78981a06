/**
 * An object farther away: smaller and dimmer at once, because one number decides both. From redshift z to z' its size changes by
 * D_A(z) / D_A(z') (angular diameter distance in a flat universe, Omega_m = 0.3; the Hubble constant cancels), its surface brightness by
 * ((1 + z) / (1 + z'))^n, n = 4 for bolometric flux (Tolman 1930), 3 for AB magnitudes. The crop is enlarged, so resampling comes first,
 * then dimming, then the point-spread function and the noise, which do not move with the object: FERENGI's order (Barden, Jahnke and
 * Haeussler 2008). Bands are not shifted (no k-correction) and a sky that is not black dims along. On images shown through asinh,
 * dimming acts on what is shown, which makes bright cores too dim: with a strong stretch use n = 0 to 2.
 */
import * as tf from "@tensorflow/tfjs";
import { numberOf, type Operation, short } from "../operation.ts";

export const redshift: Operation<"redshift"> = {
  name: "redshift",
  fields: () => ({ gain: { rows: 1, idle: 1 } }),
  draw: (random, { from, added }) => ({ z: from + random.uniform(...added) }),
  zoom: (drawn, { from }) => angularDistance(numberOf(drawn, "z")) / angularDistance(from),
  pack: (drawn, { from, dimming }) => ({ gain: ((1 + from) / (1 + numberOf(drawn, "z"))) ** dimming }),
  apply: (x, fields) => tf.mul(x, fields.one("gain")) as tf.Tensor4D,
  words: (drawn) => `redshift ${short(numberOf(drawn, "z"))}`,
};

const matter = 0.3;
const expansion = (z: number): number => 1 / Math.sqrt(matter * (1 + z) ** 3 + 1 - matter);

/** Angular diameter distance in units of c / H0: integral of dz / E(z) from 0, by Simpson's rule, over 1 + z. */
export function angularDistance(z: number): number {
  const steps = 16;
  let sum = expansion(0) + expansion(z);
  for (let i = 1; i < steps; i++) sum += (i % 2 === 1 ? 4 : 2) * expansion((z * i) / steps);
  return (sum * z) / (3 * steps) / (1 + z);
}

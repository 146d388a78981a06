/**
 * Haze between sensor and ground. A band of optical depth d is seen as `x' = t x + (1 - t) A`: transmission t = exp(-d) of the ground's
 * light, and path radiance that tends to the airlight A (Koschmieder's law; for satellites Vermote et al. 1997, 6S, IEEE TGRS
 * 35(3)). Angstrom's law has depth fall with the wavelength, d = d(550 nm) (wavelength / 550 nm)^-exponent; bands of unknown
 * wavelength have d(550 nm). All on the scale where black is 0 and white is 1; the result stays there.
 */
import * as tf from "@tensorflow/tfjs";
import { wavelengthsOf } from "../bands.ts";
import { numberOf, type Operation, short } from "../operation.ts";

const reference = 0.55;

export const haze: Operation<"haze"> = {
  name: "haze",
  fields: (_, { channels }) => ({
    transmission: { rows: channels, idle: 1 },
    path: { rows: channels, idle: 0 },
  }),
  draw: (random, { depth, light }) => ({ depth: random.uniform(...depth), light: random.uniform(...light) }),
  pack(drawn, { exponent }, { channels, channelNames }) {
    const wavelengths = channelNames === undefined ? [] : wavelengthsOf(channelNames);
    const transmission = Array.from({ length: channels }, (_, band) => {
      const ratio = (wavelengths[band] ?? reference) / reference;
      return Math.exp(-numberOf(drawn, "depth") * ratio ** -exponent);
    });
    return { transmission, path: transmission.map((share) => (1 - share) * numberOf(drawn, "light")) };
  },
  apply: (x, fields) => tf.add(tf.mul(x, fields.many("transmission")), fields.many("path")) as tf.Tensor4D,
  words: (drawn) => `haze of optical depth ${short(numberOf(drawn, "depth"))}`,
};

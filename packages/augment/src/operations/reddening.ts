/**
 * Dust of the Milky Way in front of the object: each band is multiplied by 10^(-0.4 R E(B-V)), R = A / E(B-V). Coefficients are those of
 * Schlafly and Finkbeiner 2011 (ApJ 737, 103, table 6, R_V = 3.1) for SDSS, and of the Legacy Surveys (same work, for DECam's filters);
 * both multiply the E(B-V) of Schlegel, Finkbeiner and Davis 1998 as that map has it. Half of the sky has more than 0.1.
 *
 * On colour composites stretched by asinh of the mean of the bands (Lupton et al. 2004; SDSS and Legacy Surveys pictures) ratios of
 * bands are those of the fluxes, so colours redden exactly; brightness drops by the linear factor where it should drop by less.
 */
import { LejepaError } from "@lejepa/contracts";
import * as tf from "@tensorflow/tfjs";
import { numberOf, type Operation, short, type ViewForm } from "../operation.ts";

const sdss: Readonly<Record<string, number>> = { u: 4.239, g: 3.303, r: 2.285, i: 1.698, z: 1.263 };
const legacy: Readonly<Record<string, number>> = { u: 3.995, g: 3.214, r: 2.165, i: 1.592, z: 1.211, y: 1.064 };

export const reddening: Operation<"reddening"> = {
  name: "reddening",
  fields(options, form) {
    coefficientsOf(options.coefficients, form);
    return { gain: { rows: form.channels, idle: 1 } };
  },
  draw: (random, { excess }) => ({ excess: random.uniform(...excess) }),
  pack(drawn, { coefficients }, form) {
    const excess = numberOf(drawn, "excess");
    return { gain: coefficientsOf(coefficients, form).map((a) => 10 ** (-0.4 * a * excess)) };
  },
  apply: (x, fields) => tf.mul(x, fields.many("gain")) as tf.Tensor4D,
  words: (drawn) => `E(B-V) ${short(numberOf(drawn, "excess"))}`,
};

/**
 * A / E(B-V) of each channel: as asked; else by the channels' names (`g`, `DES-g`, `sdss z`), DECam's where there is a y, or a z without
 * an i, else SDSS'; else, for three channels in the order of a colour picture, SDSS i, r, g.
 *
 * @throws LejepaError E_CONFIG when their number is wrong, or nothing says what the bands are
 */
export function coefficientsOf(
  asked: readonly number[] | null,
  { channels, channelNames }: Pick<ViewForm, "channels" | "channelNames">,
): readonly number[] {
  const known = asked ?? byName(channelNames) ?? (channels === 3 ? pictureOrder : undefined);
  if (known?.length === channels) return known;
  throw new LejepaError({
    code: "E_CONFIG",
    where: "augment.reddening.coefficients",
    expected: `${channels} numbers, A / E(B-V) of each channel`,
    got: known === undefined ? "none, and no channels named u, g, r, i, z or y" : String(known.length),
  });
}

const pictureOrder = ["i", "r", "g"].flatMap((band) => sdss[band] ?? []);

function byName(names: readonly string[] | undefined): number[] | undefined {
  if (names === undefined) return undefined;
  const bands = names.map((name) => /(?:^|[^a-z])([ugrizy])$/.exec(name.toLowerCase())?.[1] ?? "");
  const curve = bands.includes("y") || (bands.includes("z") && !bands.includes("i")) ? legacy : sdss;
  const found = bands.flatMap((band) => curve[band] ?? []);
  return found.length === names.length ? found : undefined;
}

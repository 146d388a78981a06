// Images of any number of channels for an encoder of another: which policy, what it does as one matrix, and what the report
// says of it. Not the resizing.
import { LejepaError } from "@lejepa/contracts";
import { channelStatistics, type ImageStore } from "@lejepa/data";
import { EigenvalueDecomposition, Matrix } from "ml-matrix";

/**
 * How channels are brought to the encoder's:
 *
 * - `replicate`: the one channel three times
 * - `{ bands }`: these channels (0 is the first) as red, green and blue
 * - `pca`: the first principal components over the training pixels, each with mean 0 and standard deviation 1
 * - `patch`: all channels, standardised over the training pixels, into a patch embedding adapted to them (our own ViTs only):
 *   each channel gets the mean of the trained ones, scaled by trained / present channels
 */
export type ChannelPolicy = "replicate" | "pca" | "patch" | { readonly bands: readonly number[] };

/** Encoder input `x'_k = sum_c weights[k][c] x_c + offset[k]` of stored pixels x where black is 0 and white is 1. */
export interface ChannelMap {
  readonly weights: readonly (readonly number[])[];
  readonly offset: readonly number[];
  /** For the report. */
  readonly note: string;
  /** Whether the encoder's patch embedding must be adapted to the store's channels. */
  readonly adaptsPatches: boolean;
}

/** What an encoder was trained on. */
export interface InputStatistics {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Images that statistics may be taken of: the training rows only. */
export interface TrainingImages {
  readonly store: ImageStore;
  readonly rows: Uint32Array;
  readonly range: readonly [number, number];
}

/**
 * Reads `replicate`, `pca`, `patch` or `bands:0,1,2`.
 *
 * @throws LejepaError E_USAGE
 */
export function parseChannelPolicy(text: string): ChannelPolicy {
  if (text === "replicate" || text === "pca" || text === "patch") return text;
  const bands = /^bands:(\d+(?:,\d+)*)$/.exec(text)?.[1];
  if (bands !== undefined) return { bands: bands.split(",").map(Number) };
  throw new LejepaError({
    code: "E_USAGE",
    where: "channels",
    expected: "replicate, pca, patch, or bands:0,1,2",
    got: text,
  });
}

/**
 * The map from the store's channels to the encoder's. Without a policy: equal numbers stay as they are, one channel is
 * replicated; anything else must be chosen, since every choice loses something.
 *
 * @throws LejepaError E_CONFIG when the policy does not fit the images or the encoder
 */
export function channelMap(
  { mean, std }: InputStatistics,
  {
    images,
    policy,
    name,
  }: { readonly images: TrainingImages; readonly policy?: ChannelPolicy | undefined; readonly name: string },
): ChannelMap {
  const { channels } = images.store;
  const wanted = mean.length;
  if (policy === undefined && channels === wanted) {
    const bands = Array.from({ length: wanted }, (_, k) => k);
    return { ...select(bands, channels, { mean, std }), note: `channels: all ${channels} as they are` };
  }
  if (policy === "replicate" || (policy === undefined && channels === 1)) {
    if (channels !== 1) throw wrong(name, "images of one channel to replicate", channels);
    const bands = Array.from({ length: wanted }, () => 0);
    return { ...select(bands, channels, { mean, std }), note: `channels: 1 replicated to ${wanted}` };
  }
  if (policy === undefined) throw unchosen(name, channels, wanted);
  if (policy === "pca") return principal(images, wanted, name);
  if (policy === "patch") return standardised(images);
  return chosen(policy.bands, { mean, std }, { images, name });
}

function chosen(
  bands: readonly number[],
  statistics: InputStatistics,
  { images, name }: { readonly images: TrainingImages; readonly name: string },
): ChannelMap {
  const { channels, channelNames } = images.store;
  if (bands.length !== statistics.mean.length || bands.some((band) => band >= channels)) {
    const expected = `${statistics.mean.length} bands out of 0 to ${channels - 1}`;
    throw new LejepaError({ code: "E_CONFIG", where: `channels for ${name}`, expected, got: bands.join(",") });
  }
  const names = bands.map((band) => channelNames?.[band] ?? String(band));
  return { ...select(bands, channels, statistics), note: `channels: bands ${names.join(", ")} of ${channels}` };
}

function select(bands: readonly number[], channels: number, { mean, std }: InputStatistics): Omit<ChannelMap, "note"> {
  return {
    weights: bands.map((band, k) =>
      Array.from({ length: channels }, (_, c) => (c === band ? 1 / (std[k] as number) : 0)),
    ),
    offset: mean.map((value, k) => -value / (std[k] as number)),
    adaptsPatches: false,
  };
}

function standardised({ store, rows, range }: TrainingImages): ChannelMap {
  const { mean, std } = channelStatistics(store, rows, range);
  // a channel of one value has no spread to divide by
  const spread = std.map((value) => (value > 0 ? value : 1));
  const bands = mean.map((_, k) => k);
  const note = `channels: patch embedding adapted to ${mean.length}, standardised over the training pixels`;
  return { ...select(bands, mean.length, { mean, std: spread }), note, adaptsPatches: true };
}

/** Images looked at for the covariance of channels. */
const covarianceImages = 1000;

function principal(images: TrainingImages, wanted: number, name: string): ChannelMap {
  const { channels } = images.store;
  if (channels < wanted) throw wrong(name, `images of at least ${wanted} channels for pca`, channels);
  const { mean, covariance } = channelCovariance(images);
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(covariance, { assumeSymmetric: true });
  const order = realEigenvalues
    .map((_, i) => i)
    .sort((a, b) => (realEigenvalues[b] as number) - (realEigenvalues[a] as number));
  const weights = order.slice(0, wanted).map((i) => {
    const direction = eigenvectorMatrix.getColumn(i);
    // the sign of an eigenvector is arbitrary: brighter pixels get larger values
    const sign = direction.reduce((sum, v) => sum + v, 0) < 0 ? -1 : 1;
    const spread = Math.sqrt(Math.max(realEigenvalues[i] as number, 1e-12));
    return direction.map((v) => (sign * v) / spread);
  });
  const kept = order.slice(0, wanted).reduce((sum, i) => sum + (realEigenvalues[i] as number), 0);
  const share = Math.round((100 * kept) / realEigenvalues.reduce((sum, v) => sum + v, 0));
  return {
    weights,
    offset: weights.map((row) => -row.reduce((sum, w, c) => sum + w * (mean[c] as number), 0)),
    note: `channels: first ${wanted} principal components of ${channels} (${share} % of the variance), fitted on training pixels`,
    adaptsPatches: false,
  };
}

function channelCovariance({ store, rows, range: [black, white] }: TrainingImages): {
  readonly mean: readonly number[];
  readonly covariance: Matrix;
} {
  const { channels } = store;
  const step = Math.max(1, Math.floor(rows.length / covarianceImages));
  const sums = new Float64Array(channels);
  const products = new Float64Array(channels * channels);
  let count = 0;
  for (let i = 0; i < rows.length; i += step) {
    const pixels = store.read(rows.subarray(i, i + 1));
    const mask = store.readMasks(rows.subarray(i, i + 1));
    for (let at = 0; at < mask.length; at++) {
      if (mask[at] === 0) continue;
      count += 1;
      const pixel = Array.from({ length: channels }, (_, c) => {
        const value = Math.min(Math.max(pixels[at * channels + c] as number, black), white);
        return (value - black) / (white - black);
      });
      for (let a = 0; a < channels; a++) {
        sums[a] = (sums[a] as number) + (pixel[a] as number);
        for (let b = 0; b <= a; b++) {
          const index = a * channels + b;
          products[index] = (products[index] as number) + (pixel[a] as number) * (pixel[b] as number);
        }
      }
    }
  }
  const mean = Array.from(sums, (sum) => sum / Math.max(1, count));
  const covariance = Matrix.zeros(channels, channels);
  for (let a = 0; a < channels; a++) {
    for (let b = 0; b <= a; b++) {
      const value =
        (products[a * channels + b] as number) / Math.max(1, count) - (mean[a] as number) * (mean[b] as number);
      covariance.set(a, b, value);
      covariance.set(b, a, value);
    }
  }
  return { mean, covariance };
}

const wrong = (name: string, expected: string, channels: number): LejepaError =>
  new LejepaError({ code: "E_CONFIG", where: `channels for ${name}`, expected, got: `${channels}` });

const unchosen = (name: string, channels: number, wanted: number): LejepaError =>
  new LejepaError({
    code: "E_CONFIG",
    where: `channels for ${name}`,
    expected: `a choice how ${channels} channels become the encoder's ${wanted}`,
    got: "none",
    hint: "Choose bands:0,1,2 (three of them), pca (principal components), or patch (a ViT of ours takes all).",
  });

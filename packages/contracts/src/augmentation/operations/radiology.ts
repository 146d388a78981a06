/**
 * Settings of the operations that imitate instruments of radiology, and of noise. Microscopes, X-ray tubes and cameras share some of
 * them. What they do is in `@lejepa/augment`.
 */
import { z } from "zod";
import { amount, chance, range } from "../leaves.ts";

/** What reaches the display: in the order in which they act, before the operations of photographs. */
export const display = {
  windowJitter: z
    .strictObject({
      probability: chance(0.8, "is shown through another window"),
      level: amount(
        0.05,
        { max: 1 },
        "Shift of the window's centre drawn from [-x, x], as a share of the range from black to white (0.05 of 1400 HU: 70 HU).",
      ),
      width: amount(0.2, { max: 0.9 }, "The window's width is the range's times a factor drawn from [1 - x, 1 + x]."),
    })
    .describe(
      "Level and width of the display window (DICOM's LINEAR_EXACT); values beyond the usual window come into sight.",
    ),
  biasField: z
    .strictObject({
      probability: chance(0.5, "is shaded by a smooth field"),
      strength: amount(0.1, { max: 2 }, "Each coefficient of the field's logarithm is drawn from [-x, x]."),
      degree: z.number().int().min(1).max(5).default(3).describe("Largest total degree of the Legendre polynomials."),
    })
    .describe("MONAI's RandBiasField without its constant term: sensitivity of coils, uneven illumination."),
  histogramShift: z
    .strictObject({
      probability: chance(0.3, "gets another gray scale curve"),
      points: z
        .number()
        .int()
        .min(3)
        .max(16)
        .default(10)
        .describe("Control points of the curve, black and white included; fewer move values farther."),
    })
    .describe("MONAI's RandHistogramShift between black and white: a rising curve of straight pieces."),
  gamma: z
    .strictObject({
      probability: chance(0.3, "gets another gamma"),
      gamma: range([0.7, 1.5], { min: 0.05, max: 20 }, "Exponent, drawn uniformly in its logarithm from here."),
    })
    .describe("torchvision's adjust_gamma: values to the power of gamma."),
} as const;

/** What the instrument does to what it sees: in the order in which they act, after blur. */
export const acquisition = {
  lowResolution: z
    .strictObject({
      probability: chance(0.3, "is recorded with fewer pixels"),
      zoom: range([0.5, 1], { min: 0.05, max: 1 }, "Pixels that are left along each side, as a share, from and to."),
    })
    .describe("MONAI's RandSimulateLowResolution: averages over larger pixels, brought back bilinearly."),
  gibbsRinging: z
    .strictObject({
      probability: chance(0.2, "rings at its edges"),
      kept: range(
        [0.5, 0.9],
        { min: 0.05, max: 1 },
        "Share of the spatial frequencies kept, drawn for each axis from here.",
      ),
    })
    .describe("High spatial frequencies cut off along each axis."),
  gaussianNoise: z
    .strictObject({
      probability: chance(0.5, "is noisy"),
      std: range(
        [0, 0.05],
        { min: 0, max: 1 },
        "Standard deviation, as a share of the range from black to white, from and to.",
      ),
    })
    .describe("White Gaussian noise, of each channel and pixel alone."),
  ricianNoise: z
    .strictObject({
      probability: chance(0.5, "has the noise of a magnitude image"),
      std: range(
        [0, 0.05],
        { min: 0, max: 1 },
        "Standard deviation of the real and of the imaginary part, as a share of the range from black to white, from and to.",
      ),
    })
    .describe("MONAI's RandRicianNoise: the magnitude of a complex signal with Gaussian noise."),
  quantumNoise: z
    .strictObject({
      probability: chance(0.5, "has the noise of few photons"),
      std: range(
        [0, 0.05],
        { min: 0, max: 1 },
        "Standard deviation where the image is white (fewest photons), as a share of the range from black to white, from and to.",
      ),
      attenuation: amount(
        3,
        { max: 10 },
        "Natural logarithm of the photons behind black over those behind white: noise is exp(x / 2) times stronger in white.",
      ),
    })
    .describe("Poisson noise of X-ray photons seen through a logarithm: stronger behind what absorbs more."),
} as const;

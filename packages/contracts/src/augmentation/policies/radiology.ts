/** Policies of radiological images: CT, MR, X-ray, and what is right for all of them. */
import { defineAugmentation } from "../policy.ts";

const measured = "values are measurements: this would change what they mean";
const monai =
  "MONAI 1.3, intensity transforms (RandBiasField, RandHistogramShift, RandRicianNoise, RandSimulateLowResolution)";

/** What is right for any modality; CT, MR and X-ray have their own. */
export const medical = defineAugmentation({
  name: "medical",
  title: "radiological images of any modality",
  operations: {
    rotation: { degrees: 10 },
    windowJitter: { level: 0.05, width: 0.3 },
    gamma: {},
    gaussianBlur: { sigma: [0.1, 1] },
    lowResolution: {},
    gaussianNoise: { std: [0, 0.04] },
  },
  reasons: {
    rotation: "positioning varies a little from image to image",
    windowJitter: "exposure and display window differ between devices and readers",
    gamma: "response curves differ between detectors and between export programs",
    gaussianBlur: "reconstruction kernels and detectors differ in sharpness",
    lowResolution: "pixel spacing differs between devices and protocols",
    gaussianNoise: "dose, field strength and detectors differ in noise",
  },
  never: {
    solarize: measured,
    grayscale: measured,
    "colorJitter.hue": measured,
    "colorJitter.saturation": measured,
    horizontalFlip: "left and right differ in a body: the heart would change sides",
    verticalFlip: "patients do not stand on their heads",
    quarterTurn: "patients do not lie across: the orientation is part of the protocol",
  },
  sources: [
    "LightlyTrain 0.15, DICOM guide: solarize, grayscale and colour jitter are to be disabled",
    "DICOM PS3.3 C.11.2.1.3.2, the window function LINEAR_EXACT",
    "Isensee et al. 2021, nnU-Net, Nature Methods 18: gamma, noise, blur and low resolution of medical images",
    monai,
  ],
});

const noCoils = "there are no coils whose sensitivity would shade the image";
const noKSpace = "the image is not sampled in k-space";
const noMagnitude = "the image is not the magnitude of a complex signal";

/** Slices in Hounsfield units. */
export const ct = defineAugmentation({
  name: "ct",
  extends: medical,
  title: "CT slices in Hounsfield units",
  without: ["gamma"],
  operations: { windowJitter: { level: 0.05, width: 0.2 }, gaussianNoise: { std: [0, 0.03] } },
  reasons: {
    windowJitter:
      "readers set windows differently and scanners differ by some units; all tissues move together, so that Hounsfield units keep their order",
    gaussianBlur: "reconstruction kernels differ in sharpness, from soft tissue to bone",
    lowResolution: "field of view, and with it the pixel spacing, differs between protocols",
    gaussianNoise: "tube current and slice thickness decide the noise: 0 to 40 HU of a range of 1400 HU",
  },
  never: {
    gamma: "Hounsfield units are linear in attenuation: a curve would move tissues against each other",
    histogramShift: "Hounsfield units are linear in attenuation: a curve would move tissues against each other",
    colorJitter: "a factor on Hounsfield units has no meaning: windowJitter moves the window instead",
    biasField: noCoils,
    gibbsRinging: noKSpace,
    ricianNoise: noMagnitude,
    quantumNoise: "after reconstruction the noise of a pixel comes from all rays through it, not from its own value",
  },
  sources: ["Hounsfield 1973, computerized transverse axial scanning, British Journal of Radiology 46"],
});

/** Magnitude images of magnetic resonance. */
export const mr = defineAugmentation({
  name: "mr",
  extends: medical,
  title: "MR magnitude images",
  operations: {
    windowJitter: { level: 0.1, width: 0.3 },
    biasField: {},
    histogramShift: {},
    gibbsRinging: {},
    ricianNoise: { std: [0, 0.04] },
  },
  reasons: {
    windowJitter: "MR values have no unit: every scanner and viewer scales them in its own way",
    biasField: "receive coils see near tissue brighter than far tissue",
    histogramShift: "contrast between tissues depends on sequence timing, which differs between protocols",
    gamma: "contrast between tissues depends on sequence timing, which differs between protocols",
    lowResolution: "acquisition matrices differ, and scanners interpolate them up",
    gibbsRinging: "a scanner samples a rectangle of k-space: edges ring where it is small",
    ricianNoise: "a magnitude image has Rician noise: air is not black",
  },
  never: {
    gaussianNoise: "the noise of a magnitude image is Rician: use ricianNoise",
    quantumNoise: "no photons are counted",
  },
  sources: [
    "Van Leemput et al. 1999, automated model-based tissue classification of MR images of the brain, IEEE TMI 18",
    "Gudbjartsson and Patz 1995, the Rician distribution of noisy MRI data, Magnetic Resonance in Medicine 34",
    "MONAI 1.3, GibbsNoise",
  ],
});

/** Radiographs. */
export const xray = defineAugmentation({
  name: "xray",
  extends: medical,
  title: "radiographs",
  operations: {
    windowJitter: { level: 0.1, width: 0.3 },
    histogramShift: {},
    quantumNoise: { std: [0, 0.06] },
  },
  reasons: {
    rotation: "patients stand or lie a little askew",
    windowJitter: "tube voltage, exposure and the program that made the image for display set brightness and contrast",
    histogramShift: "makers of detectors map the signal to gray values by curves of their own",
    gamma: "makers of detectors map the signal to gray values by curves of their own",
    lowResolution: "detectors differ in pixel pitch, and computed radiography is coarser than direct",
    quantumNoise: "few photons pass bone and mediastinum: noise is strongest there, and dose decides how strong",
  },
  never: {
    horizontalFlip: "laterality: the heart is on the left, and the side is part of the finding",
    verticalFlip: "nobody is X-rayed upside down, and gravity shows: fluid would lie above air",
    gaussianNoise: "the noise of a radiograph depends on how many photons pass: use quantumNoise",
    biasField: noCoils,
    gibbsRinging: noKSpace,
    ricianNoise: noMagnitude,
  },
  sources: [
    "arXiv:2301.12636: the choice of augmentations decides what self-supervised learning gains on chest X-rays",
    "Macovski 1983, Medical Imaging Systems: Poisson noise of radiographs",
  ],
});

/** Policy of images from microscopes. */
import { defineAugmentation } from "../policy.ts";

const noUp = "a slide has no up: how the section lies is chance";

/** Stained sections and cells, in bright field or fluorescence. */
export const microscopy = defineAugmentation({
  name: "microscopy",
  title: "stained sections and cells under a microscope",
  operations: {
    rotation: { degrees: 180 },
    horizontalFlip: {},
    verticalFlip: {},
    biasField: { degree: 2 },
    gamma: { probability: 0.2, gamma: [0.8, 1.25] },
    colorJitter: { brightness: 0.25, contrast: 0.25, saturation: 0.2, hue: 0.04 },
    gaussianBlur: { sigma: [0.1, 1.5] },
    lowResolution: { probability: 0.2 },
    gaussianNoise: { std: [0, 0.03] },
  },
  reasons: {
    rotation: noUp,
    horizontalFlip: "a section lies on either of its faces",
    verticalFlip: noUp,
    biasField: "illumination is uneven across the field of view",
    gamma: "cameras and scanners differ in their response",
    colorJitter:
      "stain, section thickness and lamp differ between laboratories and batches; the hue only a little, since it tells one stain from another",
    gaussianBlur: "focus differs from field to field",
    lowResolution: "objectives and binning differ in resolution",
    gaussianNoise: "cameras differ in noise and exposure time",
  },
  never: {
    solarize: "absorption of a stain, turned round, is no absorption",
    grayscale: "the colour is the stain, and the stain says what a structure is made of",
    ricianNoise: "the image is not the magnitude of a complex signal",
    quantumNoise: "it is the noise of radiographs, whose bright parts are those with few photons",
    gibbsRinging: "the image is not sampled in k-space",
    windowJitter: "dark and bright are the stain and the lamp, not a reader's window: colorJitter varies them",
  },
  sources: [
    "Tellez et al. 2019, quantifying the effects of data augmentation and stain color normalization, arXiv:1902.06543",
    "Faryna et al. 2021, tailoring automated data augmentation to H&E-stained histopathology, MIDL 2021",
  ],
});

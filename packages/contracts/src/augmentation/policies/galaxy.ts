/** Policy of galaxy cut-outs. */
import { defineAugmentation } from "../policy.ts";

/** One galaxy in the middle of a cut-out; its colour is physics. */
export const galaxy = defineAugmentation({
  name: "galaxy",
  title: "cut-outs of galaxies",
  // the object is small and centred: crops far smaller than it would show the sky beside it
  views: { globalScale: [0.5, 1], localScale: [0.15, 0.5] },
  operations: {
    rotation: { degrees: 180 },
    horizontalFlip: {},
    verticalFlip: {},
    colorJitter: {},
    gaussianBlur: { sigma: [0.1, 1.5] },
  },
  reasons: {
    views: "the object is small and centred: small crops miss it",
    rotation: "the sky has no up",
    horizontalFlip: "the sky has no left; spirals that differ in their sense alone are then one class",
    verticalFlip: "the sky has no up",
    colorJitter: "exposure and zero points differ between fields; colours are left alone",
    gaussianBlur: "the seeing differs from night to night",
  },
  never: {
    solarize: "inverting brightness makes a core a hole: no instrument does that",
    grayscale: "colour is the age and the dust of the stars",
    "colorJitter.hue": "turning the hue makes old stars young",
    "colorJitter.saturation": "saturation is colour: it says how old and dusty stars are",
  },
  sources: ["Hayat et al. 2021, self-supervised representation learning for astronomical images, arXiv:2012.13083"],
});

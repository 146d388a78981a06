/** Policies of photographs. */
import { defineAugmentation } from "../policy.ts";

const paper = "Balestriero and LeCun 2025, LeJEPA, arXiv:2511.08544";

/** The paper's views: what self-supervised learning on photographs has converged to. */
export const natural = defineAugmentation({
  name: "natural",
  title: "photographs of anything",
  operations: { horizontalFlip: {}, colorJitter: {}, grayscale: {}, gaussianBlur: {}, solarize: {} },
  reasons: {
    horizontalFlip: "a scene and its mirror image are the same scene",
    colorJitter: "exposure, white balance and light differ between photographs of one thing",
    grayscale: "shape says what a thing is where colour does not",
    gaussianBlur: "focus, motion and resolution differ between cameras",
    solarize: "keeps a network from comparing histograms of two crops instead of what they show",
  },
  sources: [paper, "Caron et al. 2021, DINO, arXiv:2104.14294", "Grill et al. 2020, BYOL, arXiv:2006.07733"],
});

/** Dishes: photographs whose colour says what they are made of. */
export const food = defineAugmentation({
  name: "food",
  extends: natural,
  title: "photographs of dishes",
  operations: { colorJitter: { hue: 0.05 }, grayscale: { probability: 0.1 } },
  reasons: {
    colorJitter:
      "light and white balance of a restaurant differ; the hue less than elsewhere, since it tells spinach from tomato",
    grayscale: "rarely: colour says what a dish is made of",
  },
  never: { verticalFlip: "dishes are photographed from above or from the side, never from below" },
});

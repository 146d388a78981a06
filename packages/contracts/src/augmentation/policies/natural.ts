/** Policies of photographs. */
import { defineAugmentation } from "../policy.ts";

/**
 * The authors' recipe, DINO's strengths: jitter (0.4, 0.4, 0.2, 0.1) at 0.8, grayscale 0.2, blur 0.5, solarize 0.2, flip 0.5, for all views
 * alike, where DINO blurs the first global view always and the second seldom, and solarizes the second alone.
 */
export const natural = defineAugmentation({
  name: "natural",
  title: "photographs of anything",
  operations: { horizontalFlip: {}, colorJitter: {}, grayscale: {}, gaussianBlur: {}, solarize: {} },
  reasons: {
    views: "the paper's: global crops of 0.3 to 1 of the area, local ones of 0.05 to 0.3",
    horizontalFlip: "a scene and its mirror image are the same scene",
    colorJitter: "exposure, white balance and light differ between photographs of one thing",
    grayscale: "shape says what a thing is where colour does not",
    gaussianBlur: "focus, motion and resolution differ between cameras",
    solarize: "keeps a network from comparing histograms of two crops instead of what they show",
  },
  sources: [
    "Balestriero and LeCun 2025, LeJEPA, arXiv:2511.08544",
    "Caron et al. 2021, DINO, arXiv:2104.14294",
    "Grill et al. 2020, BYOL, arXiv:2006.07733",
  ],
});

/**
 * Dishes: photographs whose colour says what they are made of. The paper trained on Food-101 with the recipe of all photographs; the halved
 * hue and grayscale are this project's.
 */
export const food = defineAugmentation({
  name: "food",
  extends: natural,
  title: "photographs of dishes",
  operations: { colorJitter: { hue: 0.05 }, grayscale: { probability: 0.1 } },
  reasons: {
    horizontalFlip: "a plate and its mirror image are the same dish",
    colorJitter:
      "light and white balance of a restaurant differ; the hue less than elsewhere, since it tells spinach from tomato",
    grayscale: "rarely: colour says what a dish is made of",
  },
  never: { verticalFlip: "dishes are photographed from above or from the side, never from below" },
  sources: [
    "Bossard, Guillaumin and Van Gool 2014, Food-101, ECCV: photographs of users, colours and labels not cleaned",
  ],
});

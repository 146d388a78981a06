/** Policies of images of the ground from above. */
import { defineAugmentation } from "../policy.ts";

const noUp = "a scene from above has no up: orbit and tiling chose it";

/** Reflectances of optical bands. */
export const satelliteOptical = defineAugmentation({
  name: "satellite-optical",
  title: "optical satellite and aerial images",
  operations: {
    quarterTurn: {},
    horizontalFlip: {},
    verticalFlip: {},
    colorJitter: {},
    gaussianBlur: { sigma: [0.1, 1] },
  },
  reasons: {
    quarterTurn: noUp,
    horizontalFlip: noUp,
    verticalFlip: noUp,
    colorJitter: "sun height and atmosphere change brightness and contrast from pass to pass",
    gaussianBlur: "sensors and resampling differ in sharpness",
  },
  never: {
    solarize: "an inverted reflectance is no reflectance",
    grayscale: "the ratios of bands are what the sensor was built to measure",
    "colorJitter.hue": "hue mixes bands that are measurements of their own",
    "colorJitter.saturation": "saturation mixes bands that are measurements of their own",
  },
  sources: ["TorchGeo 0.8, SimCLRTask: colour jitter is not appropriate for multispectral imagery"],
});

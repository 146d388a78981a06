/** Policy of images of which nothing is known but their channels. */
import { defineAugmentation } from "../policy.ts";

/** Any number of channels of anything. */
export const genericMultichannel = defineAugmentation({
  name: "generic-multichannel",
  title: "any channels of anything",
  operations: {
    horizontalFlip: {},
    bandGain: { sun: 0.4, contrast: 0.4, gain: 0.1, offset: 0.05 },
    gaussianBlur: { sigma: [0.1, 1.5] },
    bandDropout: {},
  },
  reasons: {
    horizontalFlip: "most scenes and their mirror images are the same scene; turn it off where left and right differ",
    bandGain: "light, exposure, contrast and calibration differ between images, and a little between channels",
    gaussianBlur: "focus and resolution differ between devices",
    bandDropout: "a representation should not hang on a single channel",
  },
  never: {
    grayscale: "the mean of channels of unknown meaning is nothing",
    "colorJitter.hue": "hue is defined for red, green and blue alone",
    "colorJitter.saturation": "saturation is defined for red, green and blue alone",
  },
  sources: [
    "TorchGeo 0.8, SimCLRTask: brightness and contrast for any channels, no hue",
    "LightlyTrain 0.15, multi-channel guide: colour jitter, grayscale and solarize off, channels dropped",
  ],
});

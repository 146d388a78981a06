/** Policies of radiological images. */
import { defineAugmentation } from "../policy.ts";

const measured = "values are measurements: this would change what they mean";

/** What is right for any modality; CT, MR and X-ray have their own. */
export const medical = defineAugmentation({
  name: "medical",
  title: "radiological images of any modality",
  operations: { rotation: { degrees: 10 }, colorJitter: {}, gaussianBlur: { sigma: [0.1, 1] } },
  reasons: {
    rotation: "positioning varies a little from image to image",
    colorJitter: "exposure and display window differ between devices",
    gaussianBlur: "reconstruction kernels and detectors differ in sharpness",
  },
  never: {
    solarize: measured,
    grayscale: measured,
    "colorJitter.hue": measured,
    "colorJitter.saturation": measured,
    horizontalFlip: "left and right differ in a body: the heart would change sides",
    verticalFlip: "patients do not stand on their heads",
  },
  sources: ["LightlyTrain 0.15, DICOM guide: solarize, grayscale and colour jitter are to be disabled"],
});

/** Policies of images of the ground from above. */
import { defineAugmentation } from "../policy.ts";

const noUp = "a scene from above has no up: orbit and tiling chose it";

const torchgeo =
  "TorchGeo 0.8, SimCLRTask: colour jitter is not appropriate for multispectral imagery, seasonal contrast instead";
const seasons = "Manas et al. 2021, Seasonal Contrast, arXiv:2103.16607";

/** Reflectances of optical bands. */
export const satelliteOptical = defineAugmentation({
  name: "satellite-optical",
  title: "optical satellite and aerial images",
  operations: {
    seasonalPair: {},
    quarterTurn: {},
    horizontalFlip: {},
    verticalFlip: {},
    haze: {},
    bandGain: {},
    gaussianBlur: { sigma: [0.1, 1] },
    clouds: {},
    bandDropout: {},
  },
  reasons: {
    seasonalPair: "two dates of a place show what the place is apart from season, sun and weather",
    quarterTurn: noUp,
    horizontalFlip: noUp,
    verticalFlip: noUp,
    haze: "aerosol differs from pass to pass: it adds path radiance and takes contrast, most in the blue",
    bandGain:
      "the height of the sun scales all bands together and its shadows change contrast; calibration differs a little from band to band",
    gaussianBlur: "sensors and resampling differ in sharpness",
    clouds: "masks of clouds miss some, and their shadows; what lies under them is still the same place",
    bandDropout: "a representation that hangs on one band fails with the sensor that lacks it",
  },
  never: {
    solarize: "an inverted reflectance is no reflectance",
    grayscale: "the ratios of bands are what the sensor was built to measure",
    "colorJitter.hue": "hue mixes bands that are measurements of their own",
    "colorJitter.saturation": "saturation mixes bands that are measurements of their own",
    speckle: "speckle is the noise of coherent light: optical sensors see none",
  },
  sources: [
    torchgeo,
    seasons,
    "Vermote et al. 1997, 6S, IEEE TGRS 35(3): path radiance, transmission, and their fall with wavelength",
    "LightlyTrain 0.15: ChannelDrop for multispectral images",
  ],
});

/** Backscatter of imaging radar. */
export const satelliteSar = defineAugmentation({
  name: "satellite-sar",
  title: "radar images (SAR)",
  operations: {
    seasonalPair: {},
    horizontalFlip: {},
    verticalFlip: {},
    quarterTurn: {},
    bandGain: { sun: 0, contrast: 0, gain: 0, offset: 0.02 },
    speckle: {},
    bandDropout: {},
  },
  reasons: {
    seasonalPair: "two dates of a place differ in speckle, moisture and growth: what stays is the place",
    horizontalFlip: "where it looks from differs between ascending and descending passes",
    verticalFlip: "north has no meaning for backscatter",
    quarterTurn:
      "orbits and tiling choose the orientation; layover and shadow lie across the track, whose direction differs too",
    bandGain: "absolute calibration is good to about 1 dB: an offset in decibels, no more",
    speckle: "each pass draws its own speckle: the same field never looks the same twice",
    bandDropout: "many acquisitions have one polarisation alone",
  },
  never: {
    solarize: "an inverted backscatter is no backscatter",
    grayscale: "polarisations are measurements of their own",
    colorJitter: "factors on decibels are powers of the backscatter: no instrument applies them",
    haze: "radar sees through haze",
    clouds: "radar sees through clouds",
    gaussianBlur: "blurring averages speckle away, and in decibels by the wrong mean",
  },
  sources: [
    "Goodman 1976, some fundamental properties of speckle, JOSA 66(11): gamma distributed intensity of L looks",
    "Torres et al. 2012, GMES Sentinel-1 mission, Remote Sensing of Environment 120: radiometric accuracy 1 dB",
    torchgeo,
  ],
});

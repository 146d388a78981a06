/** Policy of galaxy cut-outs. */
import { defineAugmentation } from "../policy.ts";

/**
 * One galaxy in the middle of a cut-out; its colour and its shape are physics. Made for pictures of surveys, whose bytes are an asinh of the
 * counts: noise without a photon term and half of the dimming. For linear counts: `skyNoise.photon`, and `redshift.dimming=4`.
 */
export const galaxy = defineAugmentation({
  name: "galaxy",
  title: "cut-outs of galaxies",
  // the object is small and centred: crops far smaller than it would show the sky beside it
  views: { globalScale: [0.5, 1], localScale: [0.15, 0.5] },
  operations: {
    centreJitter: { shift: 0.08 },
    rotation: { degrees: 180 },
    horizontalFlip: {},
    redshift: { dimming: 2 },
    reddening: {},
    psf: {},
    background: {},
    skyNoise: { photon: [0, 0] },
    colorJitter: { brightness: 0.2, contrast: 0.2 },
  },
  reasons: {
    views: "the object is small and centred: small crops miss it",
    centreJitter:
      "crops stay on the object; catalogues' positions are off by a pixel or two, and merging pairs by more",
    rotation: "the sky has no up; with one flip these are all orientations, so there is no other flip",
    horizontalFlip: "the sky has no left; spirals that differ in their sense alone are then one class",
    redshift:
      "the same galaxy farther away is smaller and, by (1 + z)^4, dimmer; half of that exponent, since pictures are stretched",
    reddening:
      "dust of the Milky Way dims blue bands more; it differs from field to field and says nothing of the galaxy",
    psf: "seeing differs from night to night and telescope to telescope",
    background: "moonlight, scattered light and flat-field residuals leave a sloping sky",
    skyNoise:
      "depth differs from field to field; constant noise, since an asinh stretch hides the photon noise of bright pixels",
    colorJitter:
      "zero points, and the stretch from counts to bytes, are somebody's choice; colours are left to the reddening",
  },
  never: {
    solarize: "inverting brightness makes a core a hole: no instrument does that",
    grayscale: "colour is the age and the dust of the stars",
    shear: "a sheared disk is one of another inclination, and a round galaxy becomes an elliptical one",
    "colorJitter.hue": "turning the hue makes old stars young; reddening is what dust does",
    "colorJitter.saturation": "saturation is colour: it says how old and dusty stars are",
  },
  sources: [
    "Hayat et al. 2021, self-supervised representation learning for astronomical images, arXiv:2012.13083: rotation, centre jitter, Gaussian noise, galactic extinction",
    "Schlafly and Finkbeiner 2011, ApJ 737, 103, table 6: extinction coefficients",
    "Barden, Jahnke and Haeussler 2008, FERENGI, ApJS 175, 105: what a galaxy looks like at a higher redshift",
    "Lupton et al. 2004, PASP 116, 133: colour pictures by an asinh stretch",
  ],
});

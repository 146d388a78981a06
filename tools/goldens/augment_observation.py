"""Reference values of the operations of images of the ground from above, by numpy and scipy in float64.

Writes packages/augment/fixtures/observation.json. Run with a Python that has numpy and scipy:
    python3 tools/goldens/augment_observation.py
Formulae are those of the literature that each operation names, written with exp, meshgrid and scipy's gamma distribution, not with the
operations' own tricks. Images are [bands, size, size] on the scale where black is 0 and white is 1; results in millionths.
"""
import json
import pathlib

import numpy as np
import scipy
from scipy import special, stats

SEED = 20241125
rng = np.random.default_rng(SEED)
SIZE = 7
BANDS = ["B02", "B04", "B08", "mystery"]
# centres in nanometres, Sentinel-2 products specification; 550 for what is unknown
WAVELENGTHS = np.array([490.0, 665.0, 842.0, 550.0])

x = rng.uniform(0, 1, (len(BANDS), SIZE, SIZE)).round(4)
mean = rng.uniform(0.2, 0.6, len(BANDS)).round(4)


def micro(values):
    return np.round(1e6 * np.asarray(values)).astype(int).ravel().tolist()


def per_band(values):
    return np.asarray(values)[:, None, None]


def haze(depth, light, exponent):
    transmission = np.exp(-depth * (WAVELENGTHS / 550) ** -exponent)
    return per_band(transmission) * x + per_band(1 - transmission) * light


def band_gain(sun, contrast, gain, offset):
    centred = contrast * (x - per_band(mean)) + per_band(mean)
    return np.clip(sun * per_band(gain) * centred + per_band(offset), 0, 1)


def clouds(puffs, opacity, light, shadow, shift):
    side = (np.arange(SIZE) + 0.5) / SIZE
    columns, rows = np.meshgrid(side, side)

    def cover(dx, dy):
        bumps = [np.exp(-((columns - a - dx) ** 2 + (rows - b - dy) ** 2) / (2 * r * r)) for a, b, r in zip(*puffs)]
        return np.minimum(np.sum(bumps, 0), 1)

    lit = x * (1 - shadow * opacity * cover(*shift))
    hidden = opacity * cover(0, 0)
    return (1 - hidden) * lit + hidden * light


def case(function, **parameters):
    return {"parameters": parameters, "micro": micro(function(**parameters))}


def speckle(looks):
    gamma = stats.gamma(looks, scale=1 / looks)
    shares = [0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98]
    return {
        "looks": looks,
        "shares": shares,
        "quantiles": gamma.ppf(shares).tolist(),
        "mean": gamma.mean(),
        "variance": gamma.var(),
        # of 10 log10 of the factor
        "meanDecibels": 10 / np.log(10) * (special.digamma(looks) - np.log(looks)),
        "deviationDecibels": 10 / np.log(10) * np.sqrt(special.polygamma(1, looks)),
        # of the square root of the factor
        "meanAmplitude": special.gamma(looks + 0.5) / special.gamma(looks) / np.sqrt(looks),
    }


def main():
    puffs = [[0.3, 0.5, 0.35, 0.6, 0.9, -0.2], [0.4, 0.45, 0.6, 0.2, 1.1, 0.3], [0.15, 0.1, 0.2, 0.08, 0.1, 0.3]]
    fixture = {
        "source": f"tools/goldens/augment_observation.py, seed {SEED}, numpy {np.__version__}, scipy {scipy.__version__}",
        "size": SIZE,
        "bands": BANDS,
        "mean": mean.tolist(),
        "x": x.ravel().tolist(),
        "haze": [
            case(haze, depth=0.3, light=0.4, exponent=1.3),
            case(haze, depth=1.2, light=0.9, exponent=0),
        ],
        "bandGain": [
            case(band_gain, sun=1.15, contrast=0.8, gain=[1.04, 0.97, 1, 0.99], offset=[0.01, -0.02, 0, 0.015]),
            case(band_gain, sun=0.8, contrast=1.6, gain=[1, 1, 1.2, 0.9], offset=[0.3, -0.3, 0, 0]),
        ],
        "clouds": [
            case(clouds, puffs=puffs, opacity=0.8, light=0.9, shadow=0.5, shift=[0.2, -0.1]),
            case(clouds, puffs=puffs, opacity=1, light=1, shadow=1, shift=[-0.3, 0.35]),
        ],
        "speckle": [speckle(looks) for looks in (1, 2, 4, 16)],
    }
    path = pathlib.Path(__file__).parents[2] / "packages/augment/fixtures/observation.json"
    path.write_text(json.dumps(fixture) + "\n")


if __name__ == "__main__":
    main()

"""Reference values of the operations of radiology, by MONAI where it has them and by closed forms in float64 otherwise.

Writes packages/augment/fixtures/radiology.json. Run with a Python that has monai, torch, torchvision, scipy and numpy:
    python3 tools/goldens/augment_radiology.py
Images are whole numbers [h, w, c] between `black` and `white`. `micro` is the view in millionths, [c, h, w], on the scale where
black is 0 and white is 1; views are the whole image. `drawn` is what the package draws for the operation.
"""
import json
import pathlib
import warnings

warnings.filterwarnings("ignore")

import monai
import numpy as np
import scipy.fft
import torch
import torchvision
import torchvision.transforms.functional as F
from monai.transforms import AdjustContrast, RandBiasField, RandHistogramShift, RandSimulateLowResolution

rng = np.random.default_rng(20261125)


def image(side, channels, black=0, white=255, beyond=0):
    values = rng.integers(black - beyond, white + beyond + 1, (side, side, channels))
    # extremes in every channel, so that MONAI's image range is black to white
    values[0, 0], values[-1, -1] = black, white
    return {"shape": [side, side, channels], "black": black, "white": white, "data": values.ravel().tolist()}


IMAGES = {
    "gray": image(12, 1),
    "colour": image(9, 3),
    "bands": image(10, 5),
    "ct": image(8, 1, -1000, 400, beyond=600),
}


def unit(name):
    one = IMAGES[name]
    values = np.array(one["data"], np.float64).reshape(one["shape"]).transpose(2, 0, 1)
    return (values - one["black"]) / (one["white"] - one["black"])


def window(name, options, drawn):
    one = IMAGES[name]
    values = np.array(one["data"], np.float64).reshape(one["shape"]).transpose(2, 0, 1)
    return np.clip((values - drawn["level"]) / drawn["width"] + 0.5, 0, 1)


def bias(name, options, drawn):
    x, degree = unit(name), options["degree"]
    matrix = np.zeros((degree + 1, degree + 1))
    terms = [(y, total - y) for total in range(1, degree + 1) for y in range(total + 1)]
    for (y, along_x), value in zip(terms, drawn["coefficients"]):
        matrix[y, along_x] = value
    line = np.linspace(-1, 1, x.shape[1])
    field = np.polynomial.legendre.leggrid2d(line, line, matrix)
    if np.array_equal(matrix, np.tril(matrix)):
        theirs = RandBiasField(degree)._generate_random_field(x.shape[1:], degree, matrix[np.tril_indices(degree + 1)])
        assert np.abs(theirs - field).max() < 1e-6
    return np.clip(x * np.exp(field), 0, 1)


def histogram(name, options, drawn):
    transform = RandHistogramShift(options["points"], prob=1)
    transform.randomize()
    transform.floating_control_points = np.array(drawn["curve"])
    out = [transform(torch.tensor(plane[None], dtype=torch.float64), randomize=False)[0] for plane in unit(name)]
    return np.stack([np.asarray(plane) for plane in out])


def gamma(name, options, drawn):
    x = unit(name)
    theirs = np.concatenate([F.adjust_gamma(torch.tensor(plane[None]), drawn["gamma"]).numpy() for plane in x])
    assert np.abs(np.asarray(AdjustContrast(drawn["gamma"])(torch.tensor(x))) - theirs).max() < 1e-6
    return theirs


def low(name, options, drawn):
    x = torch.tensor(unit(name))
    transform = RandSimulateLowResolution(prob=1, downsample_mode="area", upsample_mode="bilinear")
    transform.randomize()
    transform.zoom_factor = drawn["pixels"] / x.shape[-1]
    return np.asarray(transform(x, randomize=False))


def gibbs(name, options, drawn):
    x = unit(name)
    size = x.shape[-1]
    frequency = np.arange(size)
    k = scipy.fft.dctn(x, axes=(1, 2), norm="ortho")
    k *= np.clip(drawn["y"] * size - frequency, 0, 1)[:, None] * np.clip(drawn["x"] * size - frequency, 0, 1)
    return np.clip(scipy.fft.idctn(k, axes=(1, 2), norm="ortho"), 0, 1)


def coefficients(degree, only_lower=False):
    terms = [(y, total - y) for total in range(1, degree + 1) for y in range(total + 1)]
    values = [0 if only_lower and x > y else round(rng.uniform(-0.3, 0.3), 3) for y, x in terms]
    return {"coefficients": values}


def curve(points):
    middle = np.sort(rng.uniform(0, 1, points - 2)).round(3)
    return {"curve": [0, *middle.tolist(), 1]}


CASES = [
    ("windowJitter", window, "ct", {"level": 0.1, "width": 0.5}, {"level": -220, "width": 2000}),
    ("windowJitter", window, "ct", {"level": 0.1, "width": 0.5}, {"level": -400, "width": 700}),
    ("windowJitter", window, "ct", {"level": 0.1, "width": 0.5}, {"level": -160, "width": 2100}),
    ("windowJitter", window, "colour", {"level": 0.05, "width": 0.2}, {"level": 120, "width": 300}),
    ("biasField", bias, "gray", {"strength": 0.3, "degree": 3}, coefficients(3)),
    ("biasField", bias, "gray", {"strength": 0.3, "degree": 4}, coefficients(4, only_lower=True)),
    ("biasField", bias, "bands", {"strength": 0.3, "degree": 1}, coefficients(1)),
    ("histogramShift", histogram, "gray", {"points": 10}, curve(10)),
    ("histogramShift", histogram, "colour", {"points": 3}, curve(3)),
    ("gamma", gamma, "gray", {"gamma": [0.5, 2]}, {"gamma": 0.6}),
    ("gamma", gamma, "bands", {"gamma": [0.5, 2]}, {"gamma": 1.7}),
    ("lowResolution", low, "gray", {"zoom": [0.25, 1]}, {"pixels": 6}),
    ("lowResolution", low, "gray", {"zoom": [0.25, 1]}, {"pixels": 5}),
    ("lowResolution", low, "colour", {"zoom": [0.1, 1]}, {"pixels": 8}),
    ("lowResolution", low, "colour", {"zoom": [0.1, 1]}, {"pixels": 1}),
    ("gibbsRinging", gibbs, "gray", {"kept": [0.3, 1]}, {"y": 0.5, "x": 0.8}),
    ("gibbsRinging", gibbs, "bands", {"kept": [0.3, 1]}, {"y": 1, "x": 0.47}),
]

fixture = {
    "source": f"monai {monai.__version__}, torch {torch.__version__}, torchvision {torchvision.__version__}, "
    f"scipy {scipy.__version__}, numpy {np.__version__}",
    "images": IMAGES,
    "cases": [
        {
            "operation": operation,
            "image": name,
            "options": {"probability": 1, **options},
            "drawn": drawn,
            "micro": np.round(make(name, options, drawn) * 1e6).astype(int).ravel().tolist(),
        }
        for operation, make, name, options, drawn in CASES
    ],
}
path = pathlib.Path(__file__).parents[2] / "packages/augment/fixtures/radiology.json"
path.write_text(json.dumps(fixture, separators=(",", ":")) + "\n")
print(path, path.stat().st_size)

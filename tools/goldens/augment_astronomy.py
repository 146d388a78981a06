"""Reference values of the operations of astronomy and of random erasing.

Writes packages/augment/fixtures/astronomy.json. Run with a Python that has numpy, scipy, torch and torchvision:
    python3 tools/goldens/augment_astronomy.py
Values are float64 closed forms, scipy's Gaussian filters and quadrature, torchvision's RandomErasing; planes [c, size, size].
"""
import json
import math
import pathlib

import numpy as np
import scipy
import torch
import torchvision
from scipy.integrate import quad
from scipy.ndimage import gaussian_filter1d
from scipy.special import roots_genlaguerre
from torch_replay import Recorded

SEED = 20240602
SIZE = 9
rng = np.random.default_rng(SEED)
IMAGES = {str(c): np.round(rng.random((c, SIZE, SIZE)), 4) for c in (1, 2, 3, 4, 5, 13)}
WIDTH = 2 * math.sqrt(2 * math.log(2))


def numbers(values):
    return [float(f"{v:.7g}") for v in np.asarray(values).flatten()]


def gaussian(x, sigma_y, sigma_x, radius):
    for axis, sigma in ((1, sigma_y), (2, sigma_x)):
        x = gaussian_filter1d(x, sigma, axis, mode="mirror", radius=radius)
    return x


def radius_of(sigma):
    return min(max(1, math.ceil(3 * sigma)), SIZE - 1)


def psf(x, p):
    """A Moffat profile as a mixture of Gaussians: of precisions u with weights of a Gamma distribution, in flux."""
    widest = p["most"] * (1 + p["ellipticity"])
    if p["beta"] is None:
        return gaussian(x, p["down"] / WIDTH, p["across"] / WIDTH, radius_of(widest / WIDTH))
    nodes, weights = roots_genlaguerre(3, p["beta"] - 2)
    scale = 1 / (2 * math.sqrt(2 ** (1 / p["beta"]) - 1))
    total = 0
    for u, w in zip(nodes, weights / weights.sum()):
        sigma = scale / math.sqrt(2 * u)
        total = total + w * gaussian(x, sigma * p["down"], sigma * p["across"], radius_of(sigma * widest))
    return total


def psf_cases():
    cases = []
    for channels, across, down, beta, ellipticity in (
        ("3", 1.3, 1.3, None, 0),
        ("1", 2.4, 1.7, None, 0.2),
        ("2", 0.5, 0.5, None, 0),
        ("5", 1.8, 1.8, 3, 0),
        ("4", 2.0, 2.2, 4.765, 0.1),
        ("13", 0.9, 0.9, 2.5, 0),
    ):
        p = {"across": across, "down": down, "beta": beta, "ellipticity": ellipticity, "most": 2.5}
        cases.append({"channels": int(channels), **p, "wanted": numbers(psf(IMAGES[channels], p))})
    return cases


def moffat_profiles():
    """Flux inside a radius and surface brightness, of profiles whose full width at half maximum is 1."""
    rows = []
    for beta in (2.5, 3, 4.765):
        a = 1 / (2 * math.sqrt(2 ** (1 / beta) - 1))
        radii = [0, 0.25, 0.5, 1, 1.5]
        rows.append(
            {
                "beta": beta,
                "radii": radii,
                "relative": numbers([(1 + (r / a) ** 2) ** -beta for r in radii]),
                "peak": (beta - 1) / (math.pi * a**2),
            }
        )
    return rows


def stretch(counts, s):
    return np.arcsinh(s * counts) / math.asinh(s)


def noise_deviation():
    """Standard deviation on shown values, by the numerical derivative of the stretch."""
    rows = []
    for softening, photon, read in ((0, 4e-4, 0.01), (0, 0, 0.02), (20, 4e-4, 0.01), (300, 0, 0.003)):
        shown = np.linspace(0, 1, 11)
        if softening == 0:
            deviation = np.sqrt(photon * shown + read**2)
        else:
            counts = np.sinh(shown * math.asinh(softening)) / softening
            step = 1e-6
            slope = (stretch(counts + step, softening) - stretch(counts - step, softening)) / (2 * step)
            deviation = np.sqrt(photon * counts + read**2) * slope
        rows.append(
            {
                "softening": softening,
                "photon": photon,
                "read": read,
                "shown": numbers(shown),
                "deviation": numbers(deviation),
            }
        )
    return rows


def planes():
    rows = []
    v, u = np.mgrid[0:SIZE, 0:SIZE] / SIZE + 0.5 / SIZE - 0.5
    for channels, rise, angle in (("1", 0.3, 0.4), ("4", 0.8, 4.0)):
        right, down = rise * math.cos(angle), rise * math.sin(angle)
        wanted = np.clip(IMAGES[channels] + right * u + down * v, 0, 1)
        rows.append({"channels": int(channels), "right": right, "down": down, "wanted": numbers(wanted)})
    return rows


def distances():
    """Angular diameter distances over c / H0 in a flat universe with 30 % matter."""
    expansion = lambda z: 1 / math.sqrt(0.3 * (1 + z) ** 3 + 0.7)
    return [[z, quad(expansion, 0, z)[0] / (1 + z)] for z in (0.001, 0.05, 0.1, 0.15, 0.2, 0.5, 1, 3)]


def erased_boxes():
    module = torchvision.transforms.transforms
    boxes = []
    for size, area, ratio, count in ((32, (0.02, 0.33), (0.3, 3.3), 20), (64, (0.3, 1.0), (0.1, 10.0), 15), (5, (1.0, 1.0), (0.9, 1.1), 2)):
        for _ in range(count):
            module.torch = Recorded(rng)
            image = torch.zeros(1, size, size)
            i, j, h, w, value = module.RandomErasing.get_params(image, list(area), list(ratio), [7.0])
            # the image itself comes back when no box was found
            box = [0, 0, 0, 0] if value is image else [i, j, h, w]
            boxes.append([size, area, ratio, module.torch.draws, box])
    module.torch = torch
    return boxes


out = {
    "source": f"numpy {np.__version__}, scipy {scipy.__version__}, torchvision {torchvision.__version__}, seed {SEED}",
    "size": SIZE,
    "images": {name: numbers(image) for name, image in IMAGES.items()},
    "psf": psf_cases(),
    "moffat": moffat_profiles(),
    "noise": noise_deviation(),
    "background": planes(),
    "distances": distances(),
    "erasing": erased_boxes(),
}
path = pathlib.Path(__file__).parents[2] / "packages/augment/fixtures/astronomy.json"
path.write_text(json.dumps(out, separators=(",", ":")) + "\n")
print(path, path.stat().st_size, "bytes")

"""Reference values of the view operations, by torchvision on tensors.

Writes packages/augment/fixtures/views.json. Run with a Python that has torch and torchvision:
    python3 tools/goldens/augment_views.py
`micro` is the result on float tensors in [0, 1] (no normalisation) in millionths, `byte` that on uint8 tensors; [c, size, size].
Parameters are those of ViewParameters; operations apply in its order.
"""
import json
import pathlib

import numpy as np
import torch
import torchvision
import torchvision.transforms.functional as F
from torch_replay import Recorded
from torchvision.transforms import InterpolationMode

SEED = 20240601
rng = np.random.default_rng(SEED)


def noise_image(height, width, channels):
    return rng.integers(0, 256, (height, width, channels))


def smooth_image(height, width):
    """Smooth colours with gray, black, white and pure pixels among them."""
    y, x = np.mgrid[0:height, 0:width] / max(height, width)
    image = np.stack([0.5 + 0.5 * np.sin(5 * x + 2), y, 0.5 + 0.5 * np.cos(4 * (x + y))], -1)
    image = np.round(255 * image).astype(np.int64)
    special = [[0, 0, 0], [255, 255, 255], [128, 128, 128], [255, 0, 0], [0, 255, 0], [0, 0, 255], [7, 7, 6]]
    image[0] = special
    return image


IMAGES = {
    "wide": noise_image(11, 16, 3),
    "tall": noise_image(19, 10, 3),
    "square": smooth_image(7, 7),
    "gray": noise_image(9, 12, 1),
    "bands": noise_image(10, 9, 5),
}


PADDING = 32
PADS = {"reflect": "symmetric", "edge": "edge", "zeros": "constant"}


def reaching(x, size, p):
    """A view that may reach beyond the image: the padded image is resized as a whole, cut larger than the view, rotated and sheared
    about the middle, and cut to size."""
    top, left, height, _ = p["box"]
    # even, so that half of it is whole
    sides = [(PADDING, PADDING + n % 2) for n in x.shape[1:]]
    padded = np.pad(x.numpy(), [(0, 0), *sides], PADS[p["border"]])
    scale = size / height
    whole = F.resize(torch.tensor(padded), [round(scale * n) for n in padded.shape[1:]], antialias=True)
    more = size
    y, x0 = round(scale * (top + PADDING)), round(scale * (left + PADDING))
    cut = F.crop(whole, y - more, x0 - more, size + 2 * more, size + 2 * more)
    # torchvision's affine turns clockwise
    turned = F.affine(cut, -p.get("angle", 0.0), [0, 0], 1.0, list(p.get("shear", (0.0, 0.0))), InterpolationMode.BILINEAR)
    return F.center_crop(turned, [size, size])


def view(image, size, p, dtype):
    x = torch.tensor(IMAGES[image]).permute(2, 0, 1)
    x = x.to(torch.uint8) if dtype == "byte" else x.float() / 255
    top, left, height, width = p.get("box", (0, 0, *x.shape[-2:]))
    mode = InterpolationMode.BICUBIC if p.get("bicubic") else InterpolationMode.BILINEAR
    if "border" in p:
        x = reaching(x, size, p)
    else:
        x = F.resized_crop(x, top, left, height, width, [size, size], mode, antialias=True)
    x = torch.rot90(x, p.get("quarterTurns", 0), (-2, -1))
    if p.get("flipX"):
        x = F.hflip(x)
    if p.get("flipY"):
        x = F.vflip(x)
    for operation, factor in p.get("jitter", []):
        x = getattr(F, f"adjust_{operation}")(x, factor)
    if p.get("grayscale"):
        x = F.rgb_to_grayscale(x, x.shape[0])
    if p.get("blurSigma"):
        x = F.gaussian_blur(x, [p["kernelSize"]] * 2, [p["blurSigma"]] * 2)
    if "solarize" in p:
        threshold = p["solarize"] * (255 if dtype == "byte" else 1)
        near = (x.float() - threshold).abs().min().item() / (255 if dtype == "byte" else 1)
        assert near > 1e-4, f"a pixel too near the threshold to compare: {near}"
        x = F.solarize(x, threshold)
    return x


def millionths(x):
    return [round(1e6 * v) for v in x.flatten().tolist()]


CASES = []


def case(name, image, size, byte=False, **p):
    entry = {"name": name, "image": image, "size": size, "parameters": p}
    entry["micro"] = millionths(view(image, size, p, "float"))
    if byte:
        entry["byte"] = view(image, size, p, "byte").flatten().tolist()
    CASES.append(entry)


for mode in ({}, {"bicubic": True}):
    tag = "bicubic" if mode else "bilinear"
    case(f"{tag} shrinks", "wide", 5, byte=True, box=(0, 0, 11, 16), **mode)
    case(f"{tag} shrinks one axis", "tall", 7, byte=True, box=(1, 2, 17, 6), **mode)
    case(f"{tag} enlarges", "tall", 6, byte=True, box=(4, 3, 3, 5), **mode)
    case(f"{tag} single pixel", "wide", 4, byte=True, box=(10, 15, 1, 1), **mode)
    case(f"{tag} one channel", "gray", 6, byte=True, box=(2, 1, 7, 10), **mode)
    case(f"{tag} five channels", "bands", 4, byte=True, box=(0, 1, 9, 8), **mode)
case("flip x", "wide", 5, byte=True, box=(2, 3, 8, 9), flipX=True)
case("flip y", "wide", 5, byte=True, box=(2, 3, 8, 9), flipY=True)
case("flip both", "tall", 6, box=(2, 1, 14, 9), flipX=True, flipY=True)
for turns in (1, 2, 3):
    case(f"quarter turns {turns}", "tall", 5, byte=True, box=(2, 1, 14, 8), quarterTurns=turns)
    case(f"quarter turns {turns} and flips", "tall", 5, box=(2, 1, 14, 8), quarterTurns=turns, flipX=turns != 2, flipY=turns > 1)
for angle, border in ((17.0, "reflect"), (-63.5, "edge"), (90.0, "zeros"), (0.0, "reflect")):
    case(f"rotate {angle} {border}", "wide", 6, angle=angle, box=(2, 5, 6, 6), border=border)
case("rotate and shrink", "wide", 5, angle=-35.0, box=(0, 4, 10, 10), border="reflect")
case("rotate and shrink, zeros", "wide", 5, angle=141.0, box=(0, 4, 10, 10), border="zeros", flipX=True)
case("rotate and enlarge", "tall", 8, angle=20.0, box=(4, 2, 4, 4), border="edge", flipY=True)
case("rotate, turn and flip", "wide", 6, angle=33.0, box=(3, 4, 6, 6), border="reflect", quarterTurns=1, flipX=True)
case("shear", "wide", 6, shear=(12.0, 0.0), box=(2, 5, 6, 6), border="reflect")
case("rotate and shear", "wide", 6, angle=-21.0, shear=(7.0, -9.0), box=(2, 5, 6, 6), border="reflect", quarterTurns=3, flipY=True)
case("beyond the image, reflect", "wide", 8, box=(-4, -6, 16, 16), border="reflect")
case("beyond the image, zeros", "wide", 8, box=(-4, -6, 16, 16), border="zeros")
case("beyond the image, edge", "tall", 14, box=(-3, 6, 7, 7), border="edge")
case("far beyond the image", "square", 10, box=(-18, 2, 20, 20), border="reflect")
for operation, factors in {
    "brightness": (0.6, 1.4, 0.0),
    "contrast": (0.6, 1.4, 0.0),
    "saturation": (0.5, 1.7, 0.0),
    "hue": (0.1, -0.37, 0.5),
}.items():
    for factor in factors:
        case(f"{operation} {factor}", "square", 7, byte=True, jitter=[(operation, factor)])
case("hue leaves gray alone", "gray", 6, box=(1, 1, 6, 6), jitter=[("brightness", 1.3), ("contrast", 0.7)])
ORDERS = ["bcsh", "hscb", "shbc", "chsb", "bhsc", "sbch"]
NAMES = {"b": ("brightness", 1.3), "c": ("contrast", 0.7), "s": ("saturation", 1.4), "h": ("hue", -0.08)}
for order in ORDERS:
    case(f"jitter {order}", "square", 7, jitter=[NAMES[letter] for letter in order])
case("jitter without hue", "square", 7, jitter=[NAMES["s"], NAMES["b"], NAMES["c"]])
case("grayscale", "square", 7, byte=True, grayscale=True)
for kernel, sigma in ((3, 0.4), (5, 2.0), (11, 1.7), (13, 0.1)):
    case(f"blur {kernel} {sigma}", "square", 7, byte=True, kernelSize=kernel, blurSigma=sigma)
case("solarize", "square", 7, byte=True, solarize=0.43)
for number, (image, box) in enumerate((("wide", (1, 2, 9, 12)), ("tall", (5, 0, 10, 10)), ("square", (0, 0, 7, 7)))):
    order = ORDERS[number]
    chain = {"jitter": [NAMES[letter] for letter in order], "kernelSize": 5, "blurSigma": 0.8 + number / 2}
    case(f"whole chain {order}", image, 5, box=box, flipX=number % 2 == 0, **chain, solarize=0.61 + number / 50)
    case(f"whole chain {order} gray", image, 5, box=box, flipY=True, grayscale=True, **chain)


def crop_boxes():
    module = torchvision.transforms.transforms
    boxes = []
    settings = [
        (96, 96, (0.3, 1.0), (3 / 4, 4 / 3), 30),
        (64, 61, (0.05, 0.3), (3 / 4, 4 / 3), 30),
        (20, 97, (0.5, 1.0), (3 / 4, 4 / 3), 20),
        (31, 15, (0.9, 1.0), (0.5, 1.0), 10),
        (10, 40, (0.9, 1.0), (3 / 4, 4 / 3), 2),
        (40, 10, (0.9, 1.0), (3 / 4, 4 / 3), 2),
        (9, 9, (1.0, 1.0), (1.5, 2.0), 2),
    ]
    for height, width, scale, ratio, count in settings:
        for _ in range(count):
            module.torch = Recorded(rng)
            i, j, h, w = module.RandomResizedCrop.get_params(torch.zeros(1, height, width), list(scale), list(ratio))
            boxes.append([height, width, scale, ratio, module.torch.draws, [i, j, h, w]])
    module.torch = torch
    return boxes


def evaluation():
    x = torch.tensor(IMAGES["wide"]).permute(2, 0, 1).float() / 255
    y = torch.tensor(IMAGES["tall"]).permute(2, 0, 1).float() / 255
    cut = lambda image, size: F.center_crop(F.resize(image, [size], antialias=True), [size])
    return [
        {"image": name, "size": size, "micro": millionths(cut(image, size))}
        for name, image, size in (("wide", x, 6), ("wide", x, 11), ("tall", y, 7), ("tall", y, 13))
    ]


out = {
    "source": f"torchvision {torchvision.__version__}, torch {torch.__version__}, seed {SEED}",
    "images": {name: {"shape": list(image.shape), "data": image.flatten().tolist()} for name, image in IMAGES.items()},
    "cases": CASES,
    "boxes": crop_boxes(),
    "evaluation": evaluation(),
}
path = pathlib.Path(__file__).parents[2] / "packages/augment/fixtures/views.json"
path.parent.mkdir(exist_ok=True)
path.write_text(json.dumps(out, separators=(",", ":")) + "\n")
print(path, path.stat().st_size, "bytes,", len(CASES), "cases")

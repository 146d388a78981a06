"""Views of one batch by torchvision on float tensors, image by image, timed: the yardstick of `npm run bench -- --only views`.

The same operations with the same settings and probabilities; what torchvision has not is written here with torch, in its manner.
Usage: views.py BATCHES THREADS, with a case as in src/view-cases.ts as JSON on stdin. Prints one JSON line like step.py.
"""
import json
import math
import random
import resource
import sys
import time

import torch
import torchvision.transforms as T
import torchvision.transforms.functional as F


def uniform(bounds):
    return random.uniform(*bounds)


def rotate(x, o):
    return F.affine(x, random.uniform(-o["degrees"], o["degrees"]), [0, 0], 1.0, [0.0, 0.0], F.InterpolationMode.BILINEAR)


def shear(x, o):
    angles = [random.uniform(-o["degrees"], o["degrees"]) for _ in range(2)]
    return F.affine(x, 0.0, [0, 0], 1.0, angles, F.InterpolationMode.BILINEAR)


def zoom(x, factor):
    return F.affine(x, 0.0, [0, 0], 1 / factor, [0.0, 0.0], F.InterpolationMode.BILINEAR)


def color_jitter(x, o):
    if x.shape[0] != 3:
        o = {**o, "saturation": 0, "hue": 0}
    if x.shape[0] in (1, 3):
        return T.ColorJitter(o["brightness"], o["contrast"], o["saturation"], o["hue"])(x)
    x = x * random.uniform(1 - o["brightness"], 1 + o["brightness"])
    factor = random.uniform(1 - o["contrast"], 1 + o["contrast"])
    return (factor * x + (1 - factor) * x.mean()).clamp(0, 1)


def blur(x, sigma, most):
    kernel = 2 * min(max(1, math.ceil(3 * most)), x.shape[-1] - 1) + 1
    return F.gaussian_blur(x, [kernel, kernel], [sigma, sigma])


def background(x, o):
    rise, angle, size = uniform(o["gradient"]), random.uniform(0, 2 * math.pi), x.shape[-1]
    line = torch.linspace(-0.5, 0.5, size)
    plane = rise * (math.cos(angle) * line[None, :] + math.sin(angle) * line[:, None])
    return (x + plane).clamp(0, 1)


def sky_noise(x, o):
    variance = uniform(o["photon"]) * x + uniform(o["read"]) ** 2
    return (x + variance.sqrt() * torch.randn_like(x)).clamp(0, 1)


def reddening(x, o):
    coefficients = o["coefficients"] or [1.698, 2.285, 3.303]
    excess = uniform(o["excess"])
    return x * torch.tensor([10 ** (-0.4 * a * excess) for a in coefficients])[:, None, None]


def redshift(x, o):
    z = o["from"] + uniform(o["added"])
    return zoom(x, z / o["from"]) * ((1 + o["from"]) / (1 + z)) ** o["dimming"]


WIDTH = 2 * math.sqrt(2 * math.log(2))
OPERATIONS = {
    "centreJitter": lambda x, o: x,  # a crop elsewhere costs nothing
    "zoomOut": lambda x, o: zoom(x, uniform(o["factor"])),
    "rotation": rotate,
    "shear": shear,
    "quarterTurn": lambda x, o: torch.rot90(x, random.randint(1, 3), (-2, -1)),
    "horizontalFlip": lambda x, o: F.hflip(x),
    "verticalFlip": lambda x, o: F.vflip(x),
    "redshift": redshift,
    "reddening": reddening,
    "psf": lambda x, o: blur(x, uniform(o["fwhm"]) / WIDTH, o["fwhm"][1] / WIDTH),
    "background": background,
    "skyNoise": sky_noise,
    "colorJitter": color_jitter,
    "grayscale": lambda x, o: F.rgb_to_grayscale(x, 3),
    "gaussianBlur": lambda x, o: blur(x, uniform(o["sigma"]), o["sigma"][1]),
    "solarize": lambda x, o: F.solarize(x, o["threshold"]),
    "erasing": lambda x, o: T.RandomErasing(1, o["area"], o["ratio"])(x),
}


def make_view(image, group, case):
    """Crop first: rotation and zoom then act on the small view (with black corners), which is the cheapest that torchvision can do."""
    size = group["size"]
    box = T.RandomResizedCrop.get_params(image, list(group["scale"]), list(group["ratio"]))
    x = F.resized_crop(image, *box, [size, size], antialias=True)
    for name, options in case["operations"].items():
        if random.random() < options["probability"]:
            x = OPERATIONS[name](x, options)
    return F.normalize(x, [0.5] * x.shape[0], [0.25] * x.shape[0])


def main():
    steps, threads = int(sys.argv[1]), int(sys.argv[2])
    torch.set_num_threads(threads)
    case = json.load(sys.stdin)
    unknown = set(case["operations"]) - set(OPERATIONS)
    if unknown:
        sys.exit(f"views.py does not know {', '.join(sorted(unknown))}")
    side = case["imageSize"]
    images = torch.randint(0, 256, (case["batch"], side, side, case["channels"]), dtype=torch.uint8)
    wall, cpu = [], []
    for _ in range(steps + 1):
        start, before = time.perf_counter(), time.process_time()
        planes = images.permute(0, 3, 1, 2).float().div(255)
        for group in case["groups"]:
            torch.stack([make_view(image, group, case) for _ in range(group["views"]) for image in planes])
        wall.append(1e3 * (time.perf_counter() - start))
        cpu.append(1e3 * (time.process_time() - before))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"milliseconds": wall[1:], "cpuMilliseconds": cpu[1:], "peakBytes": peak}))


main()

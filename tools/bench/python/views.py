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


def grown(z, o):
    """By how much the same object covers less of the picture at redshift z: the crop is cut larger."""
    return z / o["from"]


def each_band(x, middle, width):
    return torch.empty(x.shape[0], 1, 1).uniform_(middle - width, middle + width)


def band_gain(x, o):
    gain = each_band(x, 1, o["gain"]) * random.uniform(1 - o["sun"], 1 + o["sun"])
    contrast = random.uniform(1 - o["contrast"], 1 + o["contrast"])
    return (gain * (contrast * x + (1 - contrast) * 0.5) + each_band(x, 0, o["offset"])).clamp(0, 1)


def band_dropout(x, o):
    bands = x.shape[0]
    count = random.randint(1, min(max(1, math.floor(o["most"] * bands)), bands - 1))
    x = x.clone()
    x[random.sample(range(bands), count)] = 0.5
    return x


def haze(x, o):
    transmission = math.exp(-uniform(o["depth"]))
    return x * transmission + (1 - transmission) * uniform(o["light"])


def clouds(x, o):
    line = (torch.arange(x.shape[-1]) + 0.5) / x.shape[-1]
    radius = torch.empty(6, 1).uniform_(*o["size"])
    middle = torch.rand(2, 1, 1) + torch.empty(2, 6, 1).uniform_(-2.1, 2.1) * radius
    away, far = random.uniform(0, 2 * math.pi), uniform(o["distance"])
    thickness = lambda dy, dx: (bump(middle[0] + dy).T @ bump(middle[1] + dx)).clamp(max=1)
    bump = lambda centre: torch.exp(-0.5 * ((line - centre) / radius) ** 2)
    opacity = uniform(o["opacity"])
    cover = opacity * thickness(0, 0)
    shade = opacity * o["shadow"] * thickness(far * math.sin(away), far * math.cos(away))
    return x * (1 - shade) * (1 - cover) + cover * uniform(o["brightness"])


def speckle(x, o):
    looks = math.exp(random.uniform(*map(math.log, o["looks"])))
    return (x * torch.distributions.Gamma(looks, looks).sample(x.shape)).clamp(0, 1)


def window_jitter(x, o):
    level, width = 0.5 + random.uniform(-o["level"], o["level"]), random.uniform(1 - o["width"], 1 + o["width"])
    return ((x - level) / width + 0.5).clamp(0, 1)


def bias_field(x, o):
    line = torch.linspace(-1, 1, x.shape[-1])
    powers = [torch.ones_like(line), line, (3 * line**2 - 1) / 2, (5 * line**3 - 3 * line) / 2]
    field = torch.zeros(x.shape[-2:])
    for total in range(1, o["degree"] + 1):
        for y in range(total + 1):
            field += random.uniform(-o["strength"], o["strength"]) * powers[y][:, None] * powers[total - y]
    return (x * field.exp()).clamp(max=1)


def histogram_shift(x, o):
    points = o["points"]
    curve = [i / (points - 1) for i in range(points)]
    for i in range(1, points - 1):
        curve[i] = random.uniform(curve[i - 1], curve[i + 1])
    table = torch.tensor(curve + [1.0])
    at = x * (points - 1)
    low = at.floor().long()
    return torch.lerp(table[low], table[low + 1], at - low)


def low_resolution(x, o):
    size = x.shape[-1]
    pixels = max(1, min(size - 1, round(uniform(o["zoom"]) * size)))
    small = torch.nn.functional.adaptive_avg_pool2d(x, pixels)
    return F.resize(small, [size, size], F.InterpolationMode.BILINEAR, antialias=False)


def gibbs_ringing(x, o):
    size = x.shape[-1]
    spectrum = torch.fft.fftshift(torch.fft.fft2(x), dim=(-2, -1))
    away = (torch.arange(size) - size // 2).abs() * 2
    kept = (away <= uniform(o["kept"]) * size)[:, None] & (away <= uniform(o["kept"]) * size)
    return torch.fft.ifft2(torch.fft.ifftshift(spectrum * kept, dim=(-2, -1))).real.clamp(0, 1)


def gaussian_noise(x, o):
    return (x + uniform(o["std"]) * torch.randn_like(x)).clamp(0, 1)


def rician_noise(x, o):
    std = uniform(o["std"])
    return torch.hypot(x + std * torch.randn_like(x), std * torch.randn_like(x)).clamp(max=1)


def quantum_noise(x, o):
    return (x + uniform(o["std"]) * torch.exp(o["attenuation"] / 2 * (x - 1)) * torch.randn_like(x)).clamp(0, 1)


# a crop elsewhere, or of another image, costs nothing
GEOMETRY = {"centreJitter", "seasonalPair", "zoomOut", "rotation", "shear", "redshift"}
WIDTH = 2 * math.sqrt(2 * math.log(2))
OPERATIONS = {
    "quarterTurn": lambda x, o: torch.rot90(x, random.randint(1, 3), (-2, -1)),
    "horizontalFlip": lambda x, o: F.hflip(x),
    "verticalFlip": lambda x, o: F.vflip(x),
    "reddening": reddening,
    "psf": lambda x, o: blur(x, uniform(o["fwhm"]) / WIDTH, o["fwhm"][1] / WIDTH),
    "background": background,
    "skyNoise": sky_noise,
    "colorJitter": color_jitter,
    "grayscale": lambda x, o: F.rgb_to_grayscale(x, 3),
    "gaussianBlur": lambda x, o: blur(x, uniform(o["sigma"]), o["sigma"][1]),
    "solarize": lambda x, o: F.solarize(x, o["threshold"]),
    "bandGain": band_gain,
    "bandDropout": band_dropout,
    "haze": haze,
    "clouds": clouds,
    "speckle": speckle,
    "windowJitter": window_jitter,
    "biasField": bias_field,
    "histogramShift": histogram_shift,
    "gamma": lambda x, o: F.adjust_gamma(x, math.exp(random.uniform(*map(math.log, o["gamma"])))),
    "lowResolution": low_resolution,
    "gibbsRinging": gibbs_ringing,
    "gaussianNoise": gaussian_noise,
    "ricianNoise": rician_noise,
    "quantumNoise": quantum_noise,
    "erasing": lambda x, o: T.RandomErasing(1, o["area"], o["ratio"])(x),
}


def margin_of(size, operations):
    """Width of the picture that a rotated or sheared view is taken from, so that its corners show what is there."""
    turns = [math.radians(operations.get("rotation", {"degrees": 0})["degrees"] * i / 16) for i in range(17)]
    slant = math.tan(math.radians(operations.get("shear", {"degrees": 0})["degrees"]))
    reach = max((abs(math.cos(turn)) + abs(math.sin(turn))) * (1 + slant) for turn in turns)
    return size + 2 * math.ceil((size - 1) / 2 * (reach - 1))


def cut(image, box, to, border):
    """Crop and resize of a box that may reach beyond the image."""
    top, left, height, width = box
    first, last = (max(0, -left), max(0, -top)), (max(0, left + width - image.shape[2]), max(0, top + height - image.shape[1]))
    pads = [first[0], first[1], last[0], last[1]]
    if any(pads):
        image = F.pad(image, pads, padding_mode={"reflect": "reflect", "edge": "edge", "zeros": "constant"}[border])
    return F.resized_crop(image, top + pads[1], left + pads[0], height, width, [to, to], antialias=True)


def geometry(image, group, case):
    """Crop, zoom, rotation and shear: the crop is cut as much larger as the others need, and sampled once by them."""
    size, operations = group["size"], case["operations"]
    acts = lambda name: name in operations and random.random() < operations[name]["probability"]
    top, left, height, width = T.RandomResizedCrop.get_params(image, list(group["scale"]), list(group["ratio"]))
    dimming, scale = 1.0, 1.0
    if acts("zoomOut"):
        scale *= uniform(operations["zoomOut"]["factor"])
    if acts("redshift"):
        o = operations["redshift"]
        z = o["from"] + uniform(o["added"])
        scale *= grown(z, o)
        dimming = ((1 + o["from"]) / (1 + z)) ** o["dimming"]
    affine = "rotation" in operations or "shear" in operations
    to = margin_of(size, operations) if affine else size
    more = scale * to / size
    box = [round(top - height * (more - 1) / 2), round(left - width * (more - 1) / 2), round(height * more), round(width * more)]
    x = cut(image, box, to, case["border"])
    if affine:
        limit = lambda name: operations[name]["degrees"] if acts(name) else 0.0
        turn, slant = limit("rotation"), limit("shear")
        angles = [random.uniform(-slant, slant) for _ in range(2)]
        x = F.affine(x, random.uniform(-turn, turn), [0, 0], 1.0, angles, F.InterpolationMode.BILINEAR)
        x = F.center_crop(x, [size, size])
    return x * dimming if dimming != 1.0 else x


def make_view(image, group, case):
    x = geometry(image, group, case)
    for name, options in case["operations"].items():
        if name not in GEOMETRY and random.random() < options["probability"]:
            x = OPERATIONS[name](x, options)
    return F.normalize(x, [0.5] * x.shape[0], [0.25] * x.shape[0])


def main():
    steps, threads = int(sys.argv[1]), int(sys.argv[2])
    torch.set_num_threads(threads)
    case = json.load(sys.stdin)
    unknown = set(case["operations"]) - set(OPERATIONS) - GEOMETRY
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

"""Data loading in PyTorch, timed: torchvision's DataLoader over a folder of JPEG files, decoded by Pillow.

Usage: data.py make FOLDER < CASE    writes the case's files (smooth colour fields with noise, as photographs compress)
       data.py FOLDER WORKERS < CASE prints one JSON line: images a second over one epoch, workers started before
"""
import json
import os
import sys
import time


def make(folder, case):
    import numpy as np
    from PIL import Image

    rng, size = np.random.default_rng(0), case["from"]
    for name in ("a", "b"):
        os.makedirs(os.path.join(folder, name), exist_ok=True)
    for i in range(case["files"]):
        coarse = Image.fromarray(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)).resize((size, size), Image.BICUBIC)
        noisy = np.asarray(coarse, dtype=np.int16) + rng.integers(-12, 13, (size, size, 3), dtype=np.int16)
        image = Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))
        image.save(os.path.join(folder, "ab"[i % 2], f"{i}.jpg"), quality=90)


def measure(folder, workers, case):
    import torch
    from torchvision import datasets, transforms

    size = case["to"]
    steps = [transforms.Resize(size), transforms.CenterCrop(size), transforms.PILToTensor()]
    data = datasets.ImageFolder(folder, transforms.Compose(steps))
    loader = torch.utils.data.DataLoader(data, batch_size=128, num_workers=workers, persistent_workers=True)
    next(iter(loader))  # the workers have started
    start = time.perf_counter()
    count = sum(len(labels) for _, labels in loader)
    rate = count / (time.perf_counter() - start)
    print(json.dumps({"decodedPerSecond": rate, "cachedPerSecond": None}))


if sys.argv[1] == "make":
    make(sys.argv[2], json.load(sys.stdin))
else:
    measure(sys.argv[1], int(sys.argv[2]), json.load(sys.stdin))

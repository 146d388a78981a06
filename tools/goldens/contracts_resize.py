"""Pillow's BILINEAR resize of float images, for fitSquare of packages/contracts/src/pixels.ts.

Writes packages/contracts/fixtures/resize.json. Run with a Python that has numpy and Pillow:
    python3 tools/goldens/contracts_resize.py
An image is `width` x `height` of pixel(i) = (i * i * 31 + i * 7) % 251 - 60, row by row; `box` is the square that the fit keeps
(the whole image for `squash`), in pixels from the left and top; `pixels` are Pillow's in mode F.
"""
import json
import pathlib

import numpy as np
import PIL
from PIL import Image

cases = []
for fit, width, height, size in [
    ("squash", 7, 7, 7),
    ("squash", 10, 7, 4),
    ("squash", 5, 9, 8),
    ("squash", 37, 23, 3),
    ("squash", 1, 1, 3),
    ("squash", 64, 3, 5),
    ("crop", 12, 9, 6),
    ("crop", 9, 12, 6),
    ("crop", 10, 7, 3),
    ("crop", 7, 10, 11),
    ("crop", 40, 31, 1),
]:
    index = np.arange(width * height, dtype=np.int64)
    pixels = ((index * index * 31 + index * 7) % 251 - 60).astype(np.float32).reshape(height, width)
    side = min(width, height)
    left, top = (width - side) / 2, (height - side) / 2
    box = (0, 0, width, height) if fit == "squash" else (left, top, left + side, top + side)
    out = Image.fromarray(pixels, "F").resize((size, size), Image.Resampling.BILINEAR, box=box)
    cases.append(
        {
            "fit": fit,
            "width": width,
            "height": height,
            "size": size,
            "pixels": [round(float(v), 4) for v in np.asarray(out).ravel()],
        }
    )

root = pathlib.Path(__file__).resolve().parents[2]
path = root / "packages/contracts/fixtures/resize.json"
path.parent.mkdir(exist_ok=True)
path.write_text(json.dumps({"versions": {"pillow": PIL.__version__, "numpy": np.__version__}, "cases": cases}) + "\n")

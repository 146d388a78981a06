"""Summaries of small arrays for packages/data/src/inspect-summary.test.ts, by NumPy.

    python3 tools/goldens/data_inspect.py > packages/data/fixtures/inspect.json

Needs numpy (Debian's is fine).
"""
import hashlib
import json

import numpy as np

rng = np.random.default_rng(7)
cases = []
for axes, shape, dtype in [
    (["frames", "rows", "cols", "samples"], (2, 3, 4, 3), "uint8"),
    (["frames", "rows", "cols", "samples"], (1, 4, 5, 1), "int16"),
    (["bands", "rows", "cols"], (3, 4, 5), "uint16"),
    (["bands", "rows", "cols"], (2, 3, 3), "float32"),
    (["rows", "cols", "samples"], (4, 3, 2), "int32"),
    (["images", "rows", "cols", "samples"], (2, 2, 3, 3), "float64"),
    (["bands", "rows", "cols"], (2, 2, 2), "int64"),
    (["rows", "cols"], (3, 4), "uint32"),
]:
    integer = np.issubdtype(np.dtype(dtype), np.integer)
    values = rng.integers(0, 100, shape).astype(dtype) if integer else rng.normal(3, 40, shape).astype(dtype)
    mask = rng.random(shape) < 0.8
    if not integer:
        values.flat[1] = np.nan
    name = "samples" if "samples" in axes else "bands" if "bands" in axes else None
    axis = axes.index(name) if name else None
    count = shape[axis] if name else 1
    channels = []
    for c in range(count):
        plane = np.ascontiguousarray(np.take(values, c, axis) if name else values)
        valid = (np.take(mask, c, axis) if name else mask) & ~np.isnan(plane.astype("float64"))
        kept = plane[valid].astype("float64")
        channels.append(
            {
                "min": kept.min(),
                "max": kept.max(),
                "mean": kept.mean(),
                "std": kept.std(),
                "validCount": int(valid.sum()),
                "sha256": hashlib.sha256(plane.tobytes()).hexdigest(),
            }
        )
    cases.append(
        {
            "axes": axes,
            "shape": shape,
            "dtype": dtype,
            "values": [None if v != v else v for v in values.ravel().tolist()],
            "mask": mask.ravel().astype(int).tolist(),
            "channels": channels,
            "sha256": hashlib.sha256(values.tobytes()).hexdigest(),
        }
    )
print(json.dumps({"numpy": np.__version__, "cases": cases}))

"""Small HDF5 files of the Galaxy10 layout with what h5py reads from them.

Writes datasets/galaxy10/fixtures/hdf5.json. Run with a Python that has numpy and h5py:
    python3 tools/goldens/galaxy10_hdf5.py
Files are gzipped and in base64 (HDF5 itself is mostly zeros at this size). `pixels` are all values of `images` in C order,
NaN as null.
"""
import base64
import gzip
import json
import pathlib
import tempfile

import h5py
import numpy as np

SEED = 13
rng = np.random.default_rng(SEED)
N, SIZE = 9, 6
colour = rng.integers(0, 256, (N, SIZE, SIZE, 3)).astype("u1")
gray16 = rng.integers(0, 65536, (N, SIZE, SIZE)).astype(">u2")
flux = rng.normal(size=(N, SIZE, SIZE, 2)).astype("f4")
flux[2, 1, 3, 0] = np.nan
ids = (np.arange(N) % 5).astype("u1")
cases = {}
# files whose pixels no test needs
unread = {"names", "short", "bands-first", "ids", "lzf"}


def add(name, datasets):
    path = pathlib.Path(tempfile.mkdtemp()) / "x.h5"
    with h5py.File(path, "w") as file:
        for key, (data, options) in datasets.items():
            file.create_dataset(key, data=data, **options)
        images = next((key for key in datasets if key.endswith("images")), None)
        values = [] if images is None or name in unread else np.asarray(file[images]).astype(float).ravel().tolist()
    cases[name] = {
        "file": base64.b64encode(gzip.compress(path.read_bytes(), mtime=0)).decode(),
        "pixels": [None if value != value else int(value) if value == int(value) else float(np.float32(value)) for value in values],
    }


plain = {}
ans = {"ans": (ids, plain)}
add("contiguous", {"images": (colour, plain), **ans})
# as h5py chunks Galaxy10 by itself: chunks over several images, rows and columns in pieces, each band by itself
add("chunked", {"images": (colour, {"chunks": (4, 4, 4, 1), "compression": "gzip", "shuffle": True, "fletcher32": True}), **ans})
add("scaleoffset", {"images": (colour, {"scaleoffset": 0, "chunks": (2, 6, 6, 3)}), **ans})
add("lzf", {"images": (colour, {"compression": "lzf"}), **ans})
add("gray16", {"images": (gray16, plain), "ans": (ids.astype(">i8").reshape(N, 1), plain)})
add("float32", {"images": (flux, {"chunks": (1, 6, 6, 2)}), **ans})
add("float64", {"images": (flux.astype("f8"), plain), **ans})
add("int8", {"images": ((colour.astype(int) - 128).astype("i1"), plain), **ans})
add("int32", {"images": (colour.astype("i4"), plain), **ans})
add("names", {"train/images": (colour, plain), "train/kind": (np.array([f"k{i}" for i in ids], dtype=h5py.string_dtype()), plain)})
# two pairs of the same patch (one across right ascension 0), one position unknown
ra = np.array([10, 10 + 2 / 3600, 359.9998, 0.0003, 50, 60, 70, np.nan, 80])
dec = np.array([0, 0, 0, 0, 89.9, -89.9, 20, 5, 20.0])
sky = {"ra": (ra, plain), "dec": (dec, plain), "pxscale": (np.full(N, 0.262, "f4"), plain)}
add("sky", {"images": (colour, plain), **ans, **sky, "redshift": (np.zeros(N), plain)})
add("short", {"images": (colour, plain), "ans": (ids[:-1], plain)})
add("bands-first", {"images": (np.moveaxis(rng.integers(0, 256, (N, 20, 20, 3)).astype("u1"), 3, 1), plain), **ans})
add("ids", {"images": (colour, plain), "ans": (np.array([0, 1, 2, 3, 4, 5, 6, 7, 10], "u1"), plain)})
add("empty", {})

result = {"made_with": {"numpy": np.__version__, "h5py": h5py.__version__, "seed": SEED}, "count": N, "size": SIZE, "ids": ids.tolist(), "cases": cases}
out = pathlib.Path(__file__).parents[2] / "datasets/galaxy10/fixtures/hdf5.json"
out.parent.mkdir(exist_ok=True)
out.write_text(json.dumps(result) + "\n")
print(out, out.stat().st_size, "bytes,", len(cases), "cases")

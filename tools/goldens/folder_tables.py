"""Small Parquet files and tar shards of images as others write them, with what is in them.

Writes datasets/folder/fixtures/tables.json. Run with a Python that has numpy, Pillow and pyarrow:
    python3 tools/goldens/folder_tables.py
Files are in base64. `images` are the 4 x 4 RGB pixels of each image in order; `parquet` has one table per compression, with
row groups of three rows, in the manner of a Hugging Face dataset (struct of bytes and path, class names in the metadata),
and one of plain bytes; `labelTable` is a table of paths; `tar` has the same samples in the three formats
that Python writes (gzipped here for size; shards are not compressed).
"""
import base64
import gzip
import io
import json
import pathlib
import tarfile

import numpy as np
import PIL
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

SEED = 11
rng = np.random.default_rng(SEED)
pixels = rng.integers(0, 256, (7, 4, 4, 3)).astype(np.uint8)
b64 = lambda data: base64.b64encode(data).decode()


def png(image):
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format="PNG")
    return buffer.getvalue()


files = [png(image) for image in pixels]
labels = [0, 1, 2, 0, 1, 2, 0]
names = ["spiral", "elliptical", "edge-on"]
split = ["train", "train", "train", "train", "test", "test", "validation"]
groups = ["g1", "g1", "g2", "g2", None, "g3", "g4"]


def parquet(table, **options):
    buffer = io.BytesIO()
    pq.write_table(table, buffer, **options)
    return b64(buffer.getvalue())


image_type = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
features = {"image": {"_type": "Image"}, "label": {"names": names, "_type": "ClassLabel"}}
hugging = pa.table(
    {
        "image": pa.array([{"bytes": data, "path": f"{i}.png"} for i, data in enumerate(files)], image_type),
        "label": pa.array(labels, pa.int64()),
    }
).replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
out_parquet = {}
for compression in ["none", "snappy", "gzip", "zstd", "brotli", "lz4"]:
    out_parquet[compression] = parquet(hugging, compression=compression, row_group_size=3)
out_parquet["v2-pages"] = parquet(hugging, compression="zstd", row_group_size=3, data_page_version="2.0")
plain = pa.table(
    {
        "img": pa.array(files, pa.binary()),
        "name": pa.array([names[i] for i in labels]).dictionary_encode(),
        "scene": pa.array(groups),
        "part": pa.array(split),
    }
)
out_parquet["plain"] = parquet(plain)
holes = pa.table({"image": pa.array([files[0], None, files[2]], pa.binary()), "label": pa.array(["a", None, "c"])})
out_parquet["holes"] = parquet(holes)
paths = pa.table(
    {"path": ["a/1.png", "a/2.png", "b/3.png"], "label": ["cat", None, "dog"], "group": ["p1", None, "p1"], "split": ["train", "", "TRAIN"]}
)


def tar(format):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=format) as archive:
        def add(name, data):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))

        for i, data in enumerate(files):
            # names of more than 100 bytes, and of other than ASCII letters, need the formats' extensions
            key = f"{'long-' * 30 if i == 3 and format != tarfile.USTAR_FORMAT else ''}{'ä' if i == 4 else ''}{i:04d}"
            add(f"{key}.png", data)
            add(f"{key}.cls", str(labels[i]).encode())
            add(f"{key}.json", json.dumps({"label": names[labels[i]], "group": groups[i], "caption": "free text"}).encode())
            add(f"{key}.txt", f"{names[labels[i]]}\n".encode())
    return b64(gzip.compress(buffer.getvalue(), mtime=0))


formats = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}
result = {
    "made_with": {"numpy": np.__version__, "pillow": PIL.__version__, "pyarrow": pa.__version__, "seed": SEED},
    "images": pixels.reshape(len(pixels), -1).tolist(),
    "labels": labels,
    "names": names,
    "splits": split,
    "groups": groups,
    "parquet": out_parquet,
    "labelTable": parquet(paths),
    "tar": {name: tar(format) for name, format in formats.items()},
}
out = pathlib.Path(__file__).parents[2] / "datasets/folder/fixtures/tables.json"
out.parent.mkdir(exist_ok=True)
out.write_text(json.dumps(result) + "\n")
print(out, out.stat().st_size, "bytes")

"""Small image files of every kind with the pixels that Pillow reads from them.

Writes packages/image/fixtures/images.json. Run with a Python that has numpy and Pillow:
    python3 tools/goldens/image_files.py
`file` is the image in base64; `pixels` the values Pillow gives (rows, then columns, then channels), at `bits` per value;
`refused` are files that must not be read as pictures. `tolerance` is 0 for lossless files and a few levels where JPEG decoders and colour conversions differ.
16-bit PNG with colour or alpha, which Pillow cannot write, is written here from the format's description.
"""
import base64
import io
import json
import pathlib
import struct
import zlib

import numpy as np
import PIL
from PIL import Image

SEED = 7
rng = np.random.default_rng(SEED)
SIZE = 8
cases = {}


def encode(image, **options):
    buffer = io.BytesIO()
    image.save(buffer, **options)
    return buffer.getvalue()


def add(name, data, pixels, bits=8, tolerance=0):
    pixels = np.asarray(pixels)
    cases[name] = {
        "file": base64.b64encode(data).decode(),
        "shape": list(pixels.shape if pixels.ndim == 3 else (*pixels.shape, 1)),
        "bits": bits,
        "tolerance": tolerance,
        "pixels": pixels.astype(int).ravel().tolist(),
    }


def png(samples):
    """16-bit PNG of 1 gray, 2 gray and alpha, 3 RGB or 4 RGBA channels."""
    height, width, channels = samples.shape
    chunk = lambda kind, body: struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    header = struct.pack(">IIBBBBB", width, height, 16, {1: 0, 2: 4, 3: 2, 4: 6}[channels], 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


noise = rng.integers(0, 256, (SIZE, SIZE, 3)).astype(np.uint8)
y, x = np.mgrid[0:SIZE, 0:SIZE] / SIZE
smooth = np.round(255 * np.stack([x, y, 1 - x], -1)).astype(np.uint8)
deep = rng.integers(0, 65536, (SIZE, SIZE, 4)).astype(np.uint16)
rgb = Image.fromarray(noise)
gray = rgb.convert("L")

add("rgb.png", encode(rgb, format="PNG"), noise)
add("gray.png", encode(gray, format="PNG"), gray)
add("palette.png", encode(rgb.quantize(16), format="PNG"), rgb.quantize(16).convert("RGB"))
bilevel = Image.fromarray(noise[..., 0] > 128)
add("bilevel.png", encode(bilevel, format="PNG"), bilevel.convert("L"))
add("bilevel.tif", encode(bilevel, format="TIFF", compression="group4"), bilevel.convert("L"))
add("gray16.png", png(deep[..., :1]), deep[..., :1], bits=16)
add("rgb16.png", png(deep[..., :3]), deep[..., :3], bits=16)
add("gray16.tif", encode(Image.fromarray(deep[..., 0]), format="TIFF"), deep[..., 0], bits=16)
big = Image.fromarray(deep[..., 0].astype(">u2").view(np.uint16), "I;16B")
add("gray16-bigendian.tiff", encode(big, format="TIFF"), deep[..., 0], bits=16)
for compression in ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"]:
    add(f"rgb-{compression}.tif", encode(rgb, format="TIFF", compression=compression), noise)
add("rgb.webp", encode(rgb, format="WEBP", lossless=True), noise)
add("rgb.gif", encode(rgb, format="GIF"), Image.open(io.BytesIO(encode(rgb, format="GIF"))).convert("RGB"))

# alpha on black and on white: what Pillow composites; half-transparent values may round either way
alpha = np.tile(np.array([0, 64, 128, 255], np.uint8), (SIZE, SIZE // 4))
rgba = Image.fromarray(np.dstack([noise, alpha]), "RGBA")
for shade, level in [("black", 0), ("white", 255)]:
    ground = Image.new("RGBA", rgba.size, (level, level, level, 255))
    add(f"rgba-on-{shade}.png", encode(rgba, format="PNG"), Image.alpha_composite(ground, rgba).convert("RGB"), tolerance=1)
add("rgba-bands.png", encode(rgba, format="PNG"), np.dstack([noise, alpha]))
gray_alpha = Image.fromarray(np.dstack([np.asarray(gray), alpha]), "LA")
composite = Image.alpha_composite(Image.new("RGBA", rgba.size, (0, 0, 0, 255)), gray_alpha.convert("RGBA")).convert("L")
add("gray-alpha-on-black.png", encode(gray_alpha, format="PNG"), composite, tolerance=1)
opaque = deep.copy()
opaque[..., 3] = 65535
add("rgba16-opaque.png", png(opaque), opaque[..., :3], bits=16)

base = Image.fromarray(smooth)
for orientation in range(1, 9):
    exif = base.getexif()
    exif[0x0112] = orientation
    turn = {2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE", 6: "ROTATE_270", 7: "TRANSVERSE", 8: "ROTATE_90"}
    upright = base if orientation == 1 else base.transpose(getattr(Image.Transpose, turn[orientation]))
    data = encode(base, format="PNG", exif=exif) if orientation % 2 else encode(base, format="JPEG", quality=98, subsampling=0, exif=exif)
    add(f"exif-{orientation}.{'png' if orientation % 2 else 'jpg'}", data, upright, tolerance=0 if orientation % 2 else 4)
jpeg = encode(base, format="JPEG", quality=98, subsampling=0, progressive=True)
add("progressive.JPG", jpeg, Image.open(io.BytesIO(jpeg)), tolerance=2)
gray_jpeg = encode(base.convert("L"), format="JPEG", quality=98)
add("gray.jpeg", gray_jpeg, Image.open(io.BytesIO(gray_jpeg)), tolerance=2)
pages = [rgb, Image.fromarray(255 - noise)]
add("two-pages.tif", encode(pages[0], format="TIFF", save_all=True, append_images=pages[1:]), noise)
frames = encode(pages[0], format="GIF", save_all=True, append_images=pages[1:])
add("two-frames.gif", frames, Image.open(io.BytesIO(frames)).convert("RGB"))

# resize: a smooth picture cut and shrunk by Pillow's Lanczos filter, at 8 and at 16 bits
height, width = 36, 60
v, u = np.mgrid[0:height, 0:width]
picture = np.stack([np.sin(u / 6.0), np.cos(v / 5.0), np.sin((u + v) / 7.0)], -1) * 0.45 + 0.5


def shrink(values, box):
    planes = [Image.fromarray(values[..., c].astype(np.float32)) for c in range(3)]
    small = [plane.resize((SIZE, SIZE), Image.Resampling.LANCZOS, box=box) for plane in planes]
    return np.clip(np.round(np.stack([np.asarray(plane) for plane in small], -1)), 0, None)


eight = np.round(255 * picture)
sixteen = np.round(65535 * picture)
# the short side shrinks 4.5 times, the long one to 13 whole pixels about the centre; of these the middle 8, rounded right
left = (width - 13 * 4.5) / 2 + 3 * 4.5
crop, whole = (left, 0, left + height, height), (0, 0, width, height)
add("resize-crop.png", encode(Image.fromarray(eight.astype(np.uint8)), format="PNG"), shrink(eight, crop), tolerance=3)
add("resize-squash.png", encode(Image.fromarray(eight.astype(np.uint8)), format="PNG"), shrink(eight, whole), tolerance=5)
add("resize-crop16.png", png(sixteen.astype(np.uint16)), shrink(sixteen, crop), bits=16, tolerance=771)


def tiff_bands(samples):
    """Uncompressed 8-bit TIFF of many gray bands, as satellite scenes come: no colours, no alpha."""
    height, width, bands = samples.shape
    extra = struct.pack(f"<{bands}H", *[8] * bands)
    tags = [(256, 3, 1, width), (257, 3, 1, height), (258, 3, bands, 8), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 8 + len(extra))]
    tags += [(277, 3, 1, bands), (278, 3, 1, height), (279, 4, 1, samples.size), (284, 3, 1, 1), (338, 3, bands - 1, 0)]
    start = 8 + len(extra) + samples.size
    more = struct.pack(f"<{bands - 1}H", *[0] * (bands - 1))
    at = {258: 8, 338: start + 2 + 12 * len(tags) + 4}
    entry = lambda tag, kind, count, value: struct.pack("<HHII", tag, kind, count, at.get(tag, value))
    directory = struct.pack("<H", len(tags)) + b"".join(entry(*tag) for tag in tags) + struct.pack("<I", 0)
    return struct.pack("<2sHI", b"II", 42, start) + extra + samples.tobytes() + directory + more


refused = {
    "float32.tif": encode(Image.fromarray(picture[:8, :8, 0].astype(np.float32)), format="TIFF"),
    "int32.tif": encode(Image.fromarray(noise[..., 0].astype(np.int32)), format="TIFF"),
    "four-bands.tif": tiff_bands(np.dstack([noise, noise[..., 0]])),
}
refused = {name: base64.b64encode(data).decode() for name, data in refused.items()}

out = pathlib.Path(__file__).parents[2] / "packages/image/fixtures/images.json"
out.parent.mkdir(exist_ok=True)
out.write_text(json.dumps({"made_with": {"numpy": np.__version__, "pillow": PIL.__version__, "seed": SEED}, "size": SIZE, "cases": cases, "refused": refused}) + "\n")
print(out, out.stat().st_size, "bytes,", len(cases), "cases")

"""Small DICOM files of every kind with what pydicom, GDCM and numpy make of them.

Writes datasets/dicom/fixtures/plain.json and compressed.json. Run with a Python that has numpy, pydicom 2.x and GDCM (Debian: python3-pydicom,
python3-gdcm) and dcmtk:
    python3 tools/goldens/dicom_files.py
`file` is the file; `stored` what pydicom's pixel_array is (`dtype`, `shape`); `values` what is there after the
modality LUT; `mask` 1 where a pixel is no padding; `shades` what is shown, 0 black to 1 white: pydicom's VOI
functions, inverted for MONOCHROME1; `rgb` (uint8) pydicom's colours. Arrays are little
endian, in base64; `values` and `shades` are float32, or float64 where that needs to be. `tolerance` is in
levels of 255. Where pydicom has no function (padding, frames of enhanced objects, floats), numpy has it here by the standard.
"""
import base64
import io
import json
import pathlib
import subprocess
import tempfile

import gdcm
import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.pixel_data_handlers import util
from pydicom.sequence import Sequence
from pydicom.uid import generate_uid

SEED = 11
rng = np.random.default_rng(SEED)
ROWS, COLS = 8, 12
cases = {}
EXPLICIT, IMPLICIT, BIG, DEFLATED, RLE = (
    "1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.5")


def new(pixels, syntax=EXPLICIT, bits=None, photometric=None, samples=1, frames=None, **more):
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = syntax
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    meta.MediaStorageSOPInstanceUID = generate_uid(prefix="1.2.3.", entropy_srcs=[str(len(cases))])
    meta.ImplementationClassUID = "1.2.3.4"
    ds = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    ds.is_little_endian, ds.is_implicit_VR = syntax != BIG, syntax == IMPLICIT
    ds.SOPClassUID, ds.SOPInstanceUID, ds.Modality = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID, "CT"
    ds.Rows, ds.Columns, ds.SamplesPerPixel = ROWS, COLS, samples
    ds.PhotometricInterpretation = photometric or ("MONOCHROME2" if samples == 1 else "RGB")
    ds.BitsAllocated = pixels.dtype.itemsize * 8
    ds.BitsStored = bits or ds.BitsAllocated
    ds.HighBit = ds.BitsStored - 1
    ds.PixelRepresentation = int(pixels.dtype.kind == "i")
    if samples == 3:
        ds.PlanarConfiguration = 0
    if frames:
        ds.NumberOfFrames = frames
    raw = pixels.astype(pixels.dtype.newbyteorder(">" if syntax == BIG else "<")).tobytes()
    ds.PixelData = raw + b"\0" * (len(raw) % 2)
    ds["PixelData"].VR = "OB" if pixels.dtype.itemsize == 1 else "OW"
    for key, value in more.items():
        setattr(ds, key, value)
    return ds


def write(ds):
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, ds, write_like_original=False)
    return buffer.getvalue()


def b64(array):
    array = np.ascontiguousarray(array)
    return base64.b64encode(array.astype(array.dtype.newbyteorder("<")).tobytes()).decode()


def small(array):
    """float32 where that loses nothing that matters."""
    array = np.asarray(array)
    return array.astype(np.float32) if array.dtype == float and np.abs(array).max() < 2**24 else array


def add(name, data, stored, tolerance=0, **expected):
    stored = np.asarray(stored)
    cases[name] = {
        "file": base64.b64encode(data).decode(),
        "dtype": stored.dtype.newbyteorder("=").name,
        "shape": list(stored.shape),
        "stored": b64(stored),
        "tolerance": tolerance,
        **{key: b64(small(value)) for key, value in expected.items()},
    }


def shades(ds, values):
    """pydicom's window, from its range of outputs to 0..1."""
    shown = util.apply_voi_lut(values, ds).astype(float)
    low, high = (0, 2 ** ds.BitsStored - 1) if ds.PixelRepresentation == 0 else (-(2 ** (ds.BitsStored - 1)), 2 ** (ds.BitsStored - 1) - 1)
    if "VOILUTSequence" in ds:
        low, high = 0, 2 ** ds.VOILUTSequence[0].LUTDescriptor[2] - 1
    elif "ModalityLUTSequence" in ds:
        low, high = 0, 2 ** ds.ModalityLUTSequence[0].LUTDescriptor[2] - 1
    elif "RescaleSlope" in ds:
        low, high = (float(ds.RescaleSlope) * v + float(ds.RescaleIntercept) for v in (low, high))
    shade = (shown - low) / (high - low)
    return 1 - shade if ds.PhotometricInterpretation == "MONOCHROME1" else shade


def gray(name, ds, **expected):
    data = write(ds)
    back = pydicom.dcmread(io.BytesIO(data))
    stored = back.pixel_array
    values = util.apply_modality_lut(stored, back)
    add(name, data, stored, values=values.astype(float), shades=shades(back, values), **expected)


ct = rng.integers(-100, 2400, (ROWS, COLS)).astype(np.int16)
hu = dict(RescaleSlope="1", RescaleIntercept="-1024")
for function in ("LINEAR", "LINEAR_EXACT", "SIGMOID"):
    gray(f"window-{function}", new(ct, **hu, WindowCenter="40", WindowWidth="400", VOILUTFunction=function))
gray("window-first-of-two", new(ct, **hu, WindowCenter=["-600", "40"], WindowWidth=["1500", "400"]))
gray("window-slope", new(ct, RescaleSlope="0.25", RescaleIntercept="-3.5", WindowCenter="100.5", WindowWidth="333.25"))
radiograph = rng.integers(0, 4096, (ROWS, COLS)).astype(np.uint16)
for syntax, label in ((EXPLICIT, "explicit"), (IMPLICIT, "implicit"), (BIG, "big"), (DEFLATED, "deflated")):
    gray(f"monochrome1-{label}", new(radiograph, syntax, bits=12, photometric="MONOCHROME1", WindowCenter="2048", WindowWidth="3000"))


def table(first, entries, bits, vr="US"):
    item = Dataset()
    item.add_new(0x00283002, vr, [len(entries), first, bits])
    item.add_new(0x00283006, "US", [int(v) for v in entries])
    return Sequence([item])


curve = (np.linspace(0, 1, 500) ** 2 * 4095).astype(int)
gray("modality-lut", new(radiograph, bits=12, ModalityLUTSequence=table(1800, curve, 16), WindowCenter="1500", WindowWidth="2500"))
gray("voi-lut", new(radiograph, bits=12, VOILUTSequence=table(1700, curve, 12)))

# padding and overlay bits: pydicom leaves both to the user
padded = ct.copy()
padded[0, :5] = -2000
ds = new(padded, **hu, WindowCenter="40", WindowWidth="400", PixelPaddingValue=-2000)
gray("padding", ds, mask=(padded != -2000).astype(np.uint8))
overlay = (radiograph | (rng.integers(0, 16, radiograph.shape) << 12)).astype(np.uint16)
ds = new(overlay, bits=12, WindowCenter="2048", WindowWidth="3000")
kept = (overlay & 4095).astype(np.uint16)
add("overlay-bits", write(ds), overlay, values=kept.astype(float), shades=shades(ds, kept))
twelve = rng.integers(-2000, 2000, (ROWS, COLS)).astype(np.int16)
ds = new((twelve & 4095).astype(np.uint16), bits=12, PixelRepresentation=1, WindowCenter="0", WindowWidth="3000")
add("signed-12-bit", write(ds), (twelve & 4095).astype(np.int16), values=twelve.astype(float), shades=shades(ds, twelve))
ds = new(((twelve & 4095) << 4).astype(np.uint16), bits=12, PixelRepresentation=1, HighBit=15, WindowCenter="0", WindowWidth="3000")
add("high-bit-15", write(ds), ((twelve & 4095) << 4).astype(np.uint16).view(np.int16), values=twelve.astype(float), shades=shades(ds, twelve))

# an enhanced object: each frame has its own slope and window
stack = rng.integers(0, 1000, (3, ROWS, COLS)).astype(np.uint16)
per_frame, values, shown = [], [], []
for i in range(3):
    group, transform, window = Dataset(), Dataset(), Dataset()
    transform.RescaleSlope, transform.RescaleIntercept, transform.RescaleType = str(i + 1), str(-100 * i), "US"
    window.WindowCenter, window.WindowWidth = str(500 + i), str(800 + 100 * i)
    group.PixelValueTransformationSequence, group.FrameVOILUTSequence = Sequence([transform]), Sequence([window])
    per_frame.append(group)
    value = stack[i] * float(i + 1) - 100 * i
    values.append(value)
    shown.append(np.clip((value - (500 + i - 0.5)) / (800 + 100 * i - 1) + 0.5, 0, 1))
ds = new(stack, frames=3, PerFrameFunctionalGroupsSequence=Sequence(per_frame))
add("enhanced", write(ds), stack, values=np.stack(values), shades=np.stack(shown))

# odd depths
bits = rng.integers(0, 2, (3, 5, 7)).astype(np.uint8)
ds = new(bits, frames=3, Rows=5, Columns=7, BitsAllocated=1, BitsStored=1, HighBit=0)
packed = np.packbits(bits.ravel(), bitorder="little").tobytes()
ds.PixelData = packed + b"\0" * (len(packed) % 2)
add("bits-1", write(ds), bits, values=bits.astype(float))
dose = rng.integers(0, 2**32, (ROWS, COLS), dtype=np.uint64).astype(np.uint32)
add("bits-32", write(new(dose)), dose, values=dose.astype(float))
for dtype, keyword in ((np.float32, "FloatPixelData"), (np.float64, "DoubleFloatPixelData")):
    real = rng.normal(0, 100, (ROWS, COLS)).astype(dtype)
    ds = new(np.zeros((ROWS, COLS), np.uint32 if dtype == np.float32 else np.uint64))
    del ds.PixelData
    setattr(ds, keyword, real.tobytes())
    add(keyword, write(ds), real, values=real.astype(float))

# colours
smooth = np.stack([np.tile(np.linspace(20, 230, COLS), (ROWS, 1)), np.tile(np.linspace(200, 40, ROWS)[:, None], (1, COLS)), np.full((ROWS, COLS), 90.0)], -1)
rgb = smooth.astype(np.uint8)


def colour(name, ds, shown=None, tolerance=0):
    data = write(ds)
    stored = pydicom.dcmread(io.BytesIO(data)).pixel_array
    add(name, data, stored, tolerance, rgb=(stored if shown is None else shown).astype(np.uint8))


colour("rgb", new(rgb, samples=3))
colour("rgb-big", new(rgb, BIG, samples=3))
planes = new(np.moveaxis(rgb, -1, 0).copy(), samples=3)
planes.PlanarConfiguration = 1
colour("rgb-planar", planes)
ybr = util.convert_color_space(rgb, "RGB", "YBR_FULL")
colour("ybr-full", new(ybr, samples=3, photometric="YBR_FULL"), util.convert_color_space(ybr, "YBR_FULL", "RGB"), 1)
half = ybr.reshape(ROWS, COLS // 2, 2, 3)
ds = new(np.stack([half[:, :, 0, 0], half[:, :, 1, 0], half[:, :, 0, 1], half[:, :, 0, 2]], -1), samples=3, photometric="YBR_FULL_422")
full = np.repeat(half[:, :, :1, :], 2, axis=2)
full[..., 0] = half[..., 0]
colour("ybr-full-422", ds, util.convert_color_space(full.reshape(ROWS, COLS, 3), "YBR_FULL", "RGB"), 1)
deep = (smooth * 257).astype(np.uint16)
colour("rgb-16", new(deep, samples=3), np.round(deep / 257), 0)

indices = rng.integers(0, 256, (ROWS, COLS)).astype(np.uint8)
for segmented in (False, True):
    ds = new(indices, photometric="PALETTE COLOR")
    for i, name in enumerate(("Red", "Green", "Blue")):
        setattr(ds, f"{name}PaletteColorLookupTableDescriptor", [256, 0, 16])
        if segmented:
            words = [0, 2, 100 * i, 500, 1, 100, 20000 + 5000 * i, 0, 1, 7, 1, 153, 65535 - 1000 * i]
            setattr(ds, f"Segmented{name}PaletteColorLookupTableData", np.array(words, "<u2").tobytes())
        else:
            setattr(ds, f"{name}PaletteColorLookupTableData", (rng.permutation(256) * 257).astype("<u2").tobytes())
    data = write(ds)
    back = pydicom.dcmread(io.BytesIO(data))
    add("palette-segmented" if segmented else "palette", data, back.pixel_array, 1, rgb=np.round(util.apply_color_lut(back.pixel_array, back) / 257).astype(np.uint8))


def transcode(ds, syntax, lossy=False):
    """Compressed by GDCM."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = f"{folder}/a.dcm", f"{folder}/b.dcm"
        pathlib.Path(source).write_bytes(write(ds))
        reader = gdcm.ImageReader()
        reader.SetFileName(source)
        assert reader.Read()
        change = gdcm.ImageChangeTransferSyntax()
        change.SetTransferSyntax(gdcm.TransferSyntax(syntax))
        change.SetInput(reader.GetImage())
        assert change.Change(), syntax
        writer = gdcm.ImageWriter()
        writer.SetFileName(target)
        writer.SetFile(reader.GetFile())
        writer.SetImage(change.GetOutput())
        assert writer.Write()
        return pathlib.Path(target).read_bytes()


TS = gdcm.TransferSyntax
lossless = {
    "jpeg-57": TS.JPEGLosslessProcess14, "jpeg-70": TS.JPEGLosslessProcess14_1, "jpeg-ls-80": TS.JPEGLSLossless,
    "j2k-90": TS.JPEG2000Lossless, "rle": TS.RLELossless}
lossy = {"jpeg-50": TS.JPEGBaselineProcess1, "j2k-91": TS.JPEG2000}
sources = {"8": new(rgb[..., 0].copy()), "12": new(radiograph, bits=12), "16s": new(ct), "rgb": new(rgb, samples=3)}
for codec, syntax in {**lossless, **lossy}.items():
    for kind, ds in sources.items():
        if (codec, kind) in {("jpeg-50", "12"), ("jpeg-50", "16s")}:
            continue
        data = transcode(ds, syntax)
        stored = pydicom.dcmread(io.BytesIO(data)).pixel_array
        if codec in lossless:
            original = pydicom.dcmread(io.BytesIO(write(ds))).pixel_array
            assert (stored == original).all(), (codec, kind)
        add(f"{codec}-{kind}", data, stored, 0 if codec in lossless else 2)

# GDCM writes an illegal precision into 12-bit JPEG, and no near-lossless JPEG-LS: dcmtk does
for codec, command in {"jpeg-51": ["dcmcjpeg", "+ee"], "jpeg-ls-81": ["dcmcjpls", "+en"]}.items():
    with tempfile.TemporaryDirectory() as folder:
        source, target = pathlib.Path(folder, "a.dcm"), pathlib.Path(folder, "b.dcm")
        source.write_bytes(write(sources["12"]))
        subprocess.run([*command, "+un", source, target], check=True)
        data = target.read_bytes()
        add(f"{codec}-12", data, pydicom.dcmread(io.BytesIO(data)).pixel_array, 2)

for kind, pixels in (("32", dose), ("rgb-16", deep)):
    ds = new(pixels, samples=3 if kind == "rgb-16" else 1)
    frame = util.rle_encode_frame(pixels) if hasattr(util, "rle_encode_frame") else __import__("pydicom.pixel_data_handlers.rle_handler", fromlist=["x"]).rle_encode_frame(pixels)
    ds.file_meta.TransferSyntaxUID = RLE
    ds.PixelData = pydicom.encaps.encapsulate([frame])
    ds["PixelData"].is_undefined_length = True
    ds["PixelData"].VR = "OB"
    add(f"rle-{kind}", write(ds), pixels)

folder = pathlib.Path(__file__).parents[2] / "datasets/dicom/fixtures"
folder.mkdir(exist_ok=True)
made_with = {"numpy": np.__version__, "pydicom": pydicom.__version__, "gdcm": gdcm.Version.GetVersion(), "seed": SEED}
compressed = {name for name in cases if name.startswith(("jpeg", "j2k", "rle"))}
for file, names in (("plain.json", cases.keys() - compressed), ("compressed.json", compressed)):
    out = folder / file
    chosen = {name: case for name, case in cases.items() if name in names}
    out.write_text(json.dumps({"made_with": made_with, "cases": chosen}) + "\n")
    print(out, out.stat().st_size, "bytes,", len(chosen), "cases")

"""Phantoms for the pictures of augmentation policies: images of domains whose real files may not be committed, made from formulas.

    python3 tools/policy-pictures/phantoms.py FOLDER

Writes 16 files into each of FOLDER/ct (DICOM, Hounsfield units), FOLDER/mr and FOLDER/xray (DICOM), FOLDER/radar (GeoTIFF of decibels), FOLDER/galaxy,
FOLDER/fields, FOLDER/dishes and FOLDER/section (PNG). Needs numpy, Pillow and pydicom (Debian's python3-pydicom). The same files at every call: NumPy's
generator with a fixed seed.
"""

import sys
from functools import partial
from pathlib import Path

import numpy as np
import pydicom
from PIL import Image, TiffImagePlugin
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

SIZE = 128
COUNT = 16
y, x = np.mgrid[0:SIZE, 0:SIZE] / (SIZE - 1) * 2 - 1


def ellipse(cx, cy, a, b, turn=0.0):
    u, v = x - cx, y - cy
    c, s = np.cos(turn), np.sin(turn)
    return ((u * c + v * s) / a) ** 2 + ((v * c - u * s) / b) ** 2 <= 1


def ct(rng):
    """A slice through a chest: air -1000 HU, fat -100, muscle 40, lungs -850 with vessels, bone 700; noise of 15 HU."""
    hu = np.full((SIZE, SIZE), -1000.0)
    w, h = rng.uniform(0.82, 0.95), rng.uniform(0.6, 0.72)
    hu[ellipse(0, 0, w, h)] = -100
    hu[ellipse(0, 0, w - 0.07, h - 0.07)] = 40
    for side in (-1, 1):
        lung = ellipse(side * 0.42 * w, -0.05, 0.3 * w, 0.62 * h, side * 0.15)
        hu[lung] = -850
        for _ in range(25):
            r = rng.uniform(0.008, 0.03)
            vessel = ellipse(side * rng.uniform(0.2, 0.65) * w, rng.uniform(-0.5, 0.4) * h, r, r * rng.uniform(1, 3), rng.uniform(0, 3))
            hu[vessel & lung] = 30
    heart = ellipse(0.12, 0.02, 0.26, 0.24, 0.5)
    hu[heart] = 45
    hu[ellipse(0, 0.5 * h + 0.1, 0.11, 0.1)] = 250
    hu[ellipse(0, 0.5 * h + 0.1, 0.05, 0.05)] = 40
    for angle in np.linspace(0.3, 2 * np.pi - 0.3, 12):
        hu[ellipse((w - 0.12) * np.sin(angle), -(h - 0.12) * np.cos(angle), 0.05, 0.022, angle)] = 700
    return np.clip(hu + rng.normal(0, 15, hu.shape), -1024, 3071)


def mr(rng):
    """A T1-weighted slice through a head: bright fat of the scalp, black skull, white matter brighter than grey, dark ventricles; Rician noise."""
    w, h = rng.uniform(0.66, 0.74), rng.uniform(0.8, 0.9)
    signal = np.zeros((SIZE, SIZE))
    for shrink, value in ((0, 900), (0.06, 60), (0.11, 150), (0.13, 420)):
        signal[ellipse(0, 0, w - shrink, h - shrink)] = value
    angle, r = np.arctan2(y / h, x / w), np.hypot(x / (w - 0.13), y / (h - 0.13))
    folds = 0.8 + 0.06 * np.sin(11 * angle + rng.uniform(0, 6)) + 0.04 * np.sin(23 * angle + rng.uniform(0, 6))
    signal[r < folds] = 620
    signal[(np.abs(x) < 0.012) & (r < 1)] = 150
    for side in (-1, 1):
        signal[ellipse(side * 0.1, -0.08, 0.05, rng.uniform(0.2, 0.28), side * 0.25)] = 120
        signal[ellipse(side * 0.2, 0.05, 0.09, 0.13, side * 0.3)] = 430
    noise = rng.normal(0, 18, (2, SIZE, SIZE))
    return np.hypot(signal + noise[0], noise[1])


def xray(rng):
    """A chest radiograph: the thickness of tissue along the beam, spine and ribs in it, as -log of the photons that are left."""
    w, h = rng.uniform(0.82, 0.92), rng.uniform(0.95, 1.1)
    path = 1.6 * np.sqrt(np.clip(1 - (x / w) ** 2 - (np.clip(y, -1, 0.2) / (1.4 * h)) ** 2, 0, None))
    for side in (-1, 1):
        u, v = (x - side * 0.4) / 0.3, (y + 0.05) / (0.6 if side < 0 else 0.64)
        path -= 0.85 * np.sqrt(np.clip(1 - u**2 - v**2, 0, None))
    path += 0.55 * ellipse(0.12, 0.25, 0.3, rng.uniform(0.24, 0.3), 0.5) + 0.45 * ellipse(0, 0, 0.1, 2)
    for rib in np.linspace(-0.7, 0.5, 8):
        path += 0.13 * ((np.abs(y - rib - 0.25 * x**2) < 0.025) & (np.abs(x) < 0.75 * w))
    for side in (-1, 1):
        path += 0.2 * ellipse(side * 0.42, -0.72, 0.34, 0.03, -side * 0.3)
    photons = rng.poisson(4000 * np.exp(-2.2 * np.clip(path, 0, None)))
    return 4095 * np.clip(-np.log((photons + 1) / 4000) / 5, 0, 1)


def radar(rng):
    """Backscatter in decibels (VV): fields of their own level, a dark lake, a bright village; speckle of 4 looks."""
    points, levels = rng.uniform(-1, 1, (14, 2)), rng.uniform(-14, -8, 14)
    decibels = levels[((x[..., None] - points[:, 0]) ** 2 + (y[..., None] - points[:, 1]) ** 2).argmin(-1)]
    decibels[ellipse(*rng.uniform(-0.5, 0.5, 2), rng.uniform(0.2, 0.35), 0.18, rng.uniform(0, 3))] = -21
    for _ in range(40):
        cx, cy = rng.normal(0.4, 0.12, 2)
        decibels[ellipse(cx, cy, 0.02, 0.02)] = -1
    return decibels + 10 * np.log10(rng.gamma(4, 1 / 4, decibels.shape))


def section(rng):
    """A section stained with haematoxylin and eosin: absorption of both dyes by Beer-Lambert, glands with rings of nuclei, stroma between them."""
    eosin = 0.35 + 0.12 * np.sin(14 * x + 5 * np.sin(3 * y + rng.uniform(0, 6)))
    haematoxylin = np.full((SIZE, SIZE), 0.08)
    for _ in range(6):
        cx, cy = rng.uniform(-0.9, 0.9, 2)
        size = rng.uniform(0.2, 0.32)
        eosin[ellipse(cx, cy, size, size)] = 0.5
        eosin[ellipse(cx, cy, size * 0.45, size * 0.45)] = 0.03
        for angle in np.linspace(0, 2 * np.pi, 16, endpoint=False):
            nucleus = ellipse(cx + 0.8 * size * np.cos(angle), cy + 0.8 * size * np.sin(angle), 0.045, 0.03, angle)
            haematoxylin[nucleus] = rng.uniform(0.7, 1.1)
    for _ in range(30):
        cx, cy, turn = *rng.uniform(-1, 1, 2), rng.uniform(0, 3)
        haematoxylin[ellipse(cx, cy, 0.05, 0.015, turn)] = rng.uniform(0.6, 0.9)
    dyes = haematoxylin[..., None] * np.array([0.65, 0.7, 0.29]) + eosin[..., None] * np.array([0.07, 0.99, 0.11])
    return np.clip(0.96 * np.exp(-1.3 * dyes) + rng.normal(0, 0.01, dyes.shape), 0, 1)


def galaxy(rng):
    """A disc with two arms of a logarithmic spiral, a bulge, stars and sky noise; blue arms and a red bulge."""
    turn, tilt, size = rng.uniform(0, np.pi), rng.uniform(0.4, 1), rng.uniform(0.12, 0.25)
    c, s = np.cos(turn), np.sin(turn)
    u, v = x * c + y * s, (y * c - x * s) / tilt
    r, phi = np.hypot(u, v) + 1e-6, np.arctan2(v, u)
    disc = np.exp(-r / size)
    arms = disc * (1 + 0.9 * np.cos(2 * phi - 5 * np.log(r / size)))
    bulge = 2.5 * np.exp(-((r / (0.3 * size)) ** 0.8))
    rgb = np.stack([0.5 * arms + bulge, 0.6 * arms + 0.75 * bulge, 0.8 * arms + 0.5 * bulge], -1)
    for _ in range(5):
        star = np.exp(-((x - rng.uniform(-1, 1)) ** 2 + (y - rng.uniform(-1, 1)) ** 2) / 0.0006)
        rgb += rng.uniform(0.2, 0.8) * star[..., None] * rng.uniform(0.6, 1, 3)
    rgb += 0.03 + rng.normal(0, 0.02, rgb.shape)
    return np.arcsinh(4 * np.clip(rgb, 0, None)) / np.arcsinh(12)


def fields(rng):
    """Fields, a river and a road seen from above: polygons of crops with rows, as nearest of random points."""
    points, kinds = rng.uniform(-1, 1, (14, 2)), rng.integers(0, 4, 14)
    stretched = (x[..., None] * 0.8 - points[:, 0]) ** 2 + (y[..., None] * 1.2 - points[:, 1]) ** 2
    field = stretched.argmin(-1)
    colours = np.array([[0.25, 0.42, 0.18], [0.55, 0.5, 0.26], [0.42, 0.32, 0.22], [0.14, 0.28, 0.14]])
    rows = np.sin((x * np.cos(field) + y * np.sin(field)) * 60)
    rgb = colours[kinds[field]] * (1 + 0.08 * rows[..., None]) * rng.uniform(0.85, 1.15, 14)[field][..., None]
    bend, at = rng.uniform(-0.5, 0.5), rng.uniform(-0.6, 0.6)
    rgb[np.abs(y - at - bend * np.sin(2 * x)) < 0.06] = [0.1, 0.2, 0.3]
    rgb[np.abs(x - rng.uniform(-0.8, 0.8) - 0.2 * y) < 0.02] = [0.6, 0.58, 0.55]
    return np.clip(rgb + rng.normal(0, 0.012, rgb.shape), 0, 1)


def dish(rng):
    """A plate from above on a table: slices of tomato, leaves, rice."""
    rgb = np.empty((SIZE, SIZE, 3))
    rgb[:] = np.array([0.45, 0.3, 0.2]) * (1 + 0.1 * np.sin(40 * (y + 0.1 * np.sin(3 * x))))[..., None]
    rgb[ellipse(0, 0, 0.86, 0.86)] = [0.93, 0.93, 0.9]
    rgb[ellipse(0, 0, 0.7, 0.7)] = [0.85, 0.85, 0.82]
    for colour, count, ratio in (((0.95, 0.9, 0.75), 60, 2.5), ((0.25, 0.5, 0.15), rng.integers(3, 9), 2), ((0.8, 0.2, 0.12), rng.integers(2, 6), 1)):
        for _ in range(count):
            angle, r = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.5)
            size = 0.03 if count == 60 else rng.uniform(0.1, 0.17)
            part = ellipse(r * np.cos(angle), r * np.sin(angle), size, size / ratio, rng.uniform(0, 3))
            rgb[part] = np.array(colour) * rng.uniform(0.8, 1.1)
    light = 1 + 0.25 * (x * rng.uniform(-1, 1) + y * rng.uniform(-1, 1))
    return np.clip(rgb * light[..., None] + rng.normal(0, 0.015, rgb.shape), 0, 1)


# modality: storage class, attributes beside those that all have
modalities = {
    "CT": ("1.2.840.10008.5.1.4.1.1.2", {"RescaleSlope": "1", "RescaleIntercept": "0", "WindowCenter": "-300", "WindowWidth": "1400"}),
    "MR": ("1.2.840.10008.5.1.4.1.1.4", {"WindowCenter": "450", "WindowWidth": "900"}),
    "DX": ("1.2.840.10008.5.1.4.1.1.1.1", {"PixelIntensityRelationship": "LOG", "WindowCenter": "2000", "WindowWidth": "4000"}),
}


def write_dicom(path, values, modality):
    storage, attributes = modalities[modality]
    signed = bool(values.min() < 0)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = storage
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=[modality, path.name])
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    ds.is_little_endian, ds.is_implicit_VR = True, False
    ds.SOPClassUID, ds.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    ds.StudyInstanceUID = generate_uid(entropy_srcs=["study", modality, path.name])
    ds.SeriesInstanceUID = generate_uid(entropy_srcs=["series", modality, path.name])
    ds.PatientID, ds.Modality = path.stem, modality
    ds.Rows = ds.Columns = SIZE
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 16, 15, int(signed)
    ds.PixelSpacing = ["3", "3"]
    for name, value in attributes.items():
        setattr(ds, name, value)
    ds.PixelData = values.round().astype("<i2" if signed else "<u2").tobytes()
    ds.save_as(path, write_like_original=False)


def write_geotiff(path, values):
    """One float32 band, 10 m pixels in UTM zone 32N (OGC GeoTIFF 1.1: ModelPixelScale, ModelTiepoint, GeoKeyDirectory)."""
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags.tagtype.update({33550: 12, 33922: 12, 34735: 3})
    tags[33550], tags[33922] = (10.0, 10.0, 0.0), (0.0, 0.0, 0.0, 500_000.0, 5_200_000.0, 0.0)
    tags[34735] = (1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32632)
    Image.fromarray(values.astype("f4")).save(path, tiffinfo=tags)


def write_png(path, rgb):
    Image.fromarray((255 * np.clip(rgb, 0, 1)).round().astype("u1")).save(path)


# folder: what makes an image, what writes it, how its files end
phantoms = {
    "ct": (ct, partial(write_dicom, modality="CT"), "dcm"),
    "mr": (mr, partial(write_dicom, modality="MR"), "dcm"),
    "xray": (xray, partial(write_dicom, modality="DX"), "dcm"),
    "radar": (radar, write_geotiff, "tif"),
    "galaxy": (galaxy, write_png, "png"),
    "fields": (fields, write_png, "png"),
    "dishes": (dish, write_png, "png"),
    "section": (section, write_png, "png"),
}


def main(folder):
    for name, (make, write, end) in phantoms.items():
        rng = np.random.default_rng(7)
        (folder / name).mkdir(parents=True, exist_ok=True)
        for i in range(COUNT):
            write(folder / name / f"{i:02}.{end}", make(rng))


main(Path(sys.argv[1]))

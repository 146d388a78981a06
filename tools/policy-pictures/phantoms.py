"""Phantoms for the pictures of augmentation policies: images of domains whose real files may not be committed, made from formulas.

    python3 tools/policy-pictures/phantoms.py FOLDER

Writes FOLDER/ct/*.dcm (Hounsfield units), FOLDER/galaxy/*.png, FOLDER/fields/*.png, FOLDER/dishes/*.png, 16 each. Needs numpy, Pillow and pydicom (Debian's
python3-pydicom). The same files at every call: NumPy's generator with a fixed seed.
"""

import sys
from pathlib import Path

import numpy as np
import pydicom
from PIL import Image
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


def write_ct(path, hu):
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=[path.name])
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    ds.is_little_endian, ds.is_implicit_VR = True, False
    ds.SOPClassUID, ds.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    ds.StudyInstanceUID = generate_uid(entropy_srcs=["study", path.name])
    ds.SeriesInstanceUID = generate_uid(entropy_srcs=["series", path.name])
    ds.PatientID, ds.Modality = path.stem, "CT"
    ds.Rows = ds.Columns = SIZE
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 16, 15, 1
    ds.RescaleSlope, ds.RescaleIntercept = "1", "0"
    ds.WindowCenter, ds.WindowWidth = "-300", "1400"
    ds.PixelSpacing = ["3", "3"]
    ds.PixelData = hu.round().astype("<i2").tobytes()
    ds.save_as(path, write_like_original=False)


def main(folder):
    for name, make in (("ct", ct), ("galaxy", galaxy), ("fields", fields), ("dishes", dish)):
        rng = np.random.default_rng(7)
        (folder / name).mkdir(parents=True, exist_ok=True)
        for i in range(COUNT):
            image = make(rng)
            if name == "ct":
                write_ct(folder / name / f"{i:02}.dcm", image)
            else:
                Image.fromarray((255 * np.clip(image, 0, 1)).round().astype("u1")).save(folder / name / f"{i:02}.png")


main(Path(sys.argv[1]))

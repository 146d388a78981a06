"""Small rasters of every compression, layout and sample type, with the values that GDAL reads from them.

Writes datasets/geotiff/fixtures/rasters.json. Run with a Python that has GDAL and numpy (Debian: python3-gdal):
    python3 tools/goldens/geotiff_rasters.py
`file` is the TIFF in base64; `sha256` of `ReadAsArray()` as little-endian bands, rows, cols; `pixels` where a lossy decoder may
differ by `tolerance`; `mask` GDAL's mask of the first band (1 valid) in base64.
"""
import base64
import hashlib
import json
import pathlib
import tempfile

import numpy as np
from osgeo import gdal, osr

gdal.UseExceptions()
SEED = 11
rng = np.random.default_rng(SEED)
WIDTH, HEIGHT = 23, 19
ys, xs = np.mgrid[0:HEIGHT, 0:WIDTH]
smooth = (40 + 3 * xs + 2 * ys).astype(np.uint8)
rgb = np.stack([smooth, 255 - smooth, (smooth // 2 + rng.integers(0, 9, smooth.shape)).astype(np.uint8)])
heights = (np.hypot(xs - 15, ys - 9) * 7.25 - 31).astype(np.float32)
cases = {}
folder = pathlib.Path(tempfile.mkdtemp())
TYPES = {"uint8": gdal.GDT_Byte, "uint16": gdal.GDT_UInt16, "int16": gdal.GDT_Int16, "uint32": gdal.GDT_UInt32,
         "int32": gdal.GDT_Int32, "float32": gdal.GDT_Float32, "float64": gdal.GDT_Float64}


def add(name, array, options=(), *, tolerance=0, nodata=None, place=True, prepare=None, overviews=(), epsg=32631):
    array = array if array.ndim == 3 else array[None]
    path = folder / f"{name.replace(' ', '_')}.tif"
    bands, height, width = array.shape
    made = gdal.GetDriverByName("GTiff").Create(str(path), width, height, bands, TYPES[array.dtype.name], list(options))
    if place:
        system = osr.SpatialReference()
        system.ImportFromEPSG(epsg)
        made.SetProjection(system.ExportToWkt())
        made.SetGeoTransform([500000, 10, 0, 4600000, 0, -10])
    for i in range(bands):
        if nodata is not None:
            made.GetRasterBand(i + 1).SetNoDataValue(nodata)
    if prepare is not None:
        prepare(made)
    made.WriteArray(array)
    made.FlushCache()
    if overviews:
        made.BuildOverviews("AVERAGE", list(overviews))
    made = None
    read = gdal.Open(str(path))
    values = read.ReadAsArray()
    values = values if values.ndim == 3 else values[None]
    band = read.GetRasterBand(1)
    mask = (band.GetMaskBand().ReadAsArray() > 0).astype(np.uint8)
    cases[name] = {
        "file": base64.b64encode(path.read_bytes()).decode(),
        "shape": list(values.shape),
        "dtype": values.dtype.name,
        "sha256": hashlib.sha256(np.ascontiguousarray(values).astype(values.dtype.newbyteorder("<")).tobytes()).hexdigest(),
        **({"tolerance": tolerance, "pixels": base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()} if tolerance else {}),
        **({"mask": base64.b64encode(mask.tobytes()).decode()} if mask.min() == 0 else {}),
        **({"geotransform": list(read.GetGeoTransform())} if place else {}),
        **({"scale": band.GetScale(), "offset": band.GetOffset()} if band.GetScale() not in (None, 1) else {}),
        **({"description": band.GetDescription()} if band.GetDescription() else {}),
    }


tiled = ["TILED=YES", "BLOCKXSIZE=16", "BLOCKYSIZE=16"]
add("none strips", rgb, ["PHOTOMETRIC=RGB"])
add("none big endian bigtiff", (rgb.astype(np.uint16) * 257), ["ENDIANNESS=BIG", "BIGTIFF=YES"])
add("lzw predictor 2 tiled", rgb, ["COMPRESS=LZW", "PREDICTOR=2", *tiled])
add("lzw predictor 3", heights, ["COMPRESS=LZW", "PREDICTOR=3"])
add("lzw big endian predictor 2", (smooth.astype(np.int16) * 90 - 9000).astype(np.int16), ["COMPRESS=LZW", "PREDICTOR=2", "ENDIANNESS=BIG"])
add("deflate planar", rgb, ["COMPRESS=DEFLATE", "INTERLEAVE=BAND", *tiled])
add("deflate predictor 3 big endian", heights.astype(np.float64), ["COMPRESS=DEFLATE", "PREDICTOR=3", "ENDIANNESS=BIG"])
add("packbits", smooth // 16 * 16, ["COMPRESS=PACKBITS"])
add("zstd predictor 2", rgb.astype(np.uint32) * 70000, ["COMPRESS=ZSTD", "PREDICTOR=2"])
add("lerc", heights, ["COMPRESS=LERC"])
add("lerc deflate", rgb, ["COMPRESS=LERC_DEFLATE"])
add("lerc zstd", (heights * 100).astype(np.int32), ["COMPRESS=LERC_ZSTD"])
add("jpeg gray", smooth, ["COMPRESS=JPEG", "JPEG_QUALITY=90"], tolerance=2)
add("jpeg rgb", rgb, ["COMPRESS=JPEG", "JPEG_QUALITY=90", *tiled], tolerance=2)
add("jpeg ycbcr", rgb, ["COMPRESS=JPEG", "JPEG_QUALITY=90", "PHOTOMETRIC=YCBCR", *tiled], tolerance=2)
add("jpeg two bands", rgb[:2], ["COMPRESS=JPEG", "JPEG_QUALITY=90"], tolerance=2)
add("jpeg four bands", np.concatenate([rgb, rgb[:1]]), ["COMPRESS=JPEG", "JPEG_QUALITY=90"], tolerance=2)
add("webp lossless", rgb, ["COMPRESS=WEBP", "WEBP_LOSSLESS=YES"])
add("webp lossless alpha", np.concatenate([rgb, np.full((1, HEIGHT, WIDTH), 255, np.uint8)]), ["COMPRESS=WEBP", "WEBP_LOSSLESS=YES", "ALPHA=YES"])
for bits in (1, 2, 4, 7):
    add(f"{bits} bits", smooth >> (8 - bits), [f"NBITS={bits}"])
add("12 bits planar", rgb.astype(np.uint16) * 16, ["NBITS=12", "INTERLEAVE=BAND", "COMPRESS=DEFLATE"])
add("24 bits", smooth.astype(np.uint32) * 65000, ["NBITS=24"])
add("half float", heights, ["NBITS=16", "COMPRESS=DEFLATE"])
add("half float predictor 3", heights, ["NBITS=16", "COMPRESS=DEFLATE", "PREDICTOR=3"])
add("nodata", np.where(smooth > 120, smooth, 7).astype(np.uint8), nodata=7)
add("nodata nan", np.where(smooth > 120, heights, np.nan).astype(np.float32), nodata=float("nan"))
add("nodata float", np.where(smooth > 120, heights, np.float32(-3.4028234663852886e38)).astype(np.float32), nodata=-3.4028234663852886e38)
add("sparse", np.zeros((16, 48), np.int16), ["SPARSE_OK=TRUE", *tiled], nodata=-5, prepare=lambda made: None)


def scaled(made):
    band = made.GetRasterBand(1)
    band.SetScale(0.0001)
    band.SetOffset(-0.1)
    band.SetDescription("reflectance <nir>")


def masked(made):
    gdal.SetConfigOption("GDAL_TIFF_INTERNAL_MASK", "YES")
    made.CreateMaskBand(gdal.GMF_PER_DATASET)
    made.GetRasterBand(1).GetMaskBand().WriteArray((xs > ys).astype(np.uint8) * 255)


def coloured(made):
    table = gdal.ColorTable()
    for i, colour in enumerate([(255, 0, 0), (0, 128, 0), (10, 20, 30), (250, 240, 230)]):
        table.SetColorEntry(i, colour)
    made.GetRasterBand(1).SetColorTable(table)


def rotated(made):
    made.SetGeoTransform([500000, 8, 6, 4600000, 6, -8])


def pinned(made):
    system = osr.SpatialReference()
    system.ImportFromEPSG(4326)
    points = [gdal.GCP(2 + x / 10, 48 - y / 10, 0, x, y) for x, y in [(0, 0), (23, 0), (0, 19), (23, 19)]]
    made.SetGCPs(points, system.ExportToWkt())


add("scale and offset", smooth.astype(np.uint16) * 30, prepare=scaled)
add("internal mask", rgb, ["PHOTOMETRIC=RGB", "COMPRESS=DEFLATE"], prepare=masked)
add("alpha", np.concatenate([rgb, ((xs > ys) * 255).astype(np.uint8)[None]]), ["PHOTOMETRIC=RGB", "ALPHA=YES"])
add("palette", smooth % 4, prepare=coloured)
add("white is zero", smooth, ["PHOTOMETRIC=MINISWHITE"])
add("overviews", np.kron(smooth, np.ones((3, 3), np.uint8)), ["COMPRESS=DEFLATE", *tiled], overviews=(2,))
add("rotated", smooth, prepare=rotated)
add("control points", smooth, place=False, prepare=pinned)

fixtures = {"made_by": f"tools/goldens/geotiff_rasters.py, GDAL {gdal.VersionInfo('RELEASE_NAME')}, numpy {np.__version__}", "cases": cases}
out = pathlib.Path(__file__).parents[2] / "datasets/geotiff/fixtures/rasters.json"
out.parent.mkdir(exist_ok=True)
out.write_text(json.dumps(fixtures, separators=(",", ":")) + "\n")
print(len(cases), "cases,", out.stat().st_size, "bytes")

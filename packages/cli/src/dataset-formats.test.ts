import { expect, test } from "vitest";
import { describeDatasets } from "./dataset-formats.ts";

test("what is read and refused, grouped by reason", () => {
  const formats = [
    { name: "Deflate", id: "8", supported: true, by: "zlib" },
    { name: "Deflate (old tag)", id: "32946", supported: true, by: "zlib" },
    { name: "LZW", id: "5", supported: true, by: "own decoder" },
    { name: "LZMA", id: "34925", supported: false, by: "no decoder" },
  ];
  const lines = describeDatasets([
    { id: "geotiff", ok: true, title: "GeoTIFF", formats },
    { id: "dicom", ok: false, problem: "a module is missing" },
  ]);
  expect(lines.map((line) => line.trim())).toEqual([
    "geotiff   GeoTIFF",
    "reads, by zlib: Deflate [8], Deflate (old tag) [32946]",
    "reads, by own decoder: LZW [5]",
    "refuses (no decoder): LZMA [34925]",
    "dicom     does not load: a module is missing",
  ]);
});

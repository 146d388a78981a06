// Tiny data sets of every format under the names that the documentation uses, made from the packages' fixtures.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { root } from "../src/command.mjs";

type Cases = Readonly<Record<string, { readonly file: string }>>;

/** Writes them into a folder: studies, scenes, Galaxy10_DECals.h5, food-101, photos. */
export function writeSamples(folder: string): void {
  const write = (name: string, bytes: Uint8Array | string): void => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  };
  const studies = casesOf("datasets/dicom/fixtures/plain.json");
  for (const [i, name] of ["window-LINEAR", "monochrome1-implicit", "modality-lut"].entries())
    write(`studies/${i + 1}/IM0001`, bytesOf(studies, name));
  const scenes = casesOf("datasets/geotiff/fixtures/rasters.json");
  write("scenes/a.tif", bytesOf(scenes, "none strips"));
  write("scenes/b.tif", bytesOf(scenes, "deflate planar"));
  write("Galaxy10_DECals.h5", gunzipSync(bytesOf(casesOf("datasets/galaxy10/fixtures/hdf5.json"), "contiguous")));
  const image = bytesOf(casesOf("packages/image/fixtures/images.json"), "rgb.png");
  for (const name of ["cat/1.png", "cat/2.png", "dog/1.png"]) write(`photos/${name}`, image);
  for (const split of ["train", "test"]) {
    for (const food of ["ramen", "sushi"]) write(`food-101/images/${food}/${split}.jpg`, image);
    write(`food-101/meta/${split}.json`, JSON.stringify({ ramen: [`ramen/${split}`], sushi: [`sushi/${split}`] }));
  }
}

function casesOf(file: string): Cases {
  return (JSON.parse(readFileSync(join(root, file), "utf8")) as { cases: Cases }).cases;
}

function bytesOf(cases: Cases, name: string): Buffer {
  return Buffer.from((cases[name] as { file: string }).file, "base64");
}

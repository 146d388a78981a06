/**
 * One HDF5 file as this plugin sees it: its datasets, and one image.
 */
import { basename } from "node:path";
import { LejepaError, type Inspection, type InspectRequest, type JsonValue, type StoredArray } from "@lejepa/contracts";
import { withHdf5, type DatasetInfo } from "./hdf5.ts";
import type { Galaxy10Options } from "./options.ts";

/**
 * Image `request.frame` (the first by default), or a window of it; nothing else is read. `stored` and `values` are the same;
 * `display` maps the image's smallest and largest value to 0 and 255, unless it has 8 bits.
 *
 * @throws LejepaError E_DATA for a file without such images, E_USAGE for an image or window that is not there
 */
export async function inspectGalaxy(path: string, request: InspectRequest<Galaxy10Options>): Promise<Inspection> {
  const { stage, frame = 0, window, options } = request;
  const where = basename(path);
  return withHdf5(path, (file) => {
    const all = file.list();
    const info = all.find(({ name }) => name === options.images);
    if (info === undefined || info.shape.length < 3 || !/int|float/.test(info.dtype))
      throw noImages(where, options, all);
    const [count = 0, height = 0, width = 0, samples = 1] = info.shape;
    const { x, y, width: cols, height: rows } = window ?? { x: 0, y: 0, width, height };
    const inside = x >= 0 && y >= 0 && cols > 0 && rows > 0 && x + cols <= width && y + rows <= height;
    if (frame < 0 || frame >= count || !inside)
      throw new LejepaError({
        code: "E_USAGE",
        where,
        expected: `an image 0..${count - 1} and a window in ${width} x ${height} pixels`,
        got: `image ${frame}, window ${x},${y},${cols},${rows}`,
      });
    const data = file.read(options.images, [
      [frame, frame + 1],
      [y, y + rows],
      [x, x + cols],
    ]);
    const shown = stage === "display" && info.dtype !== "uint8";
    return {
      facts: { format: "HDF5", image: frame, images: count, datasets: all.map(factsOf) },
      shape: [rows, cols, samples],
      axes: ["rows", "cols", "samples"],
      dtype: shown ? "uint8" : info.dtype,
      data: shown ? stretch(data) : data,
    };
  });
}

function factsOf({ name, shape, dtype, chunks, filters }: DatasetInfo): JsonValue {
  return { name, shape, dtype, chunks, filters };
}

function stretch(data: StoredArray): Uint8Array {
  const values = Float64Array.from(data as ArrayLike<number | bigint>, Number);
  const finite = values.filter(Number.isFinite);
  const low = finite.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const high = finite.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const scale = high > low ? 255 / (high - low) : 0;
  return Uint8Array.from(values, (value) => (Number.isFinite(value) ? Math.round((value - low) * scale) : 0));
}

function noImages(where: string, { images }: Galaxy10Options, all: readonly DatasetInfo[]): LejepaError {
  return new LejepaError({
    code: "E_DATA",
    where,
    expected: `images N x H x W (x bands) in the dataset ${JSON.stringify(images)}`,
    got:
      all.length === 0
        ? "no datasets"
        : all.map(({ name, shape, dtype }) => `${name} ${shape.join(" x ")} ${dtype}`).join(", "),
    hint: "Name the dataset in the option images.",
  });
}

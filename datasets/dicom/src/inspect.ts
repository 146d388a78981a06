/**
 * One file as this plugin sees it, for `lejepa inspect`: [frames, rows, columns, samples] as stored, as values, or as shown.
 */
import {
  LejepaError,
  type DatasetContext,
  type Inspection,
  type InspectRequest,
  type StoredArray,
} from "@lejepa/contracts";
import { show } from "./display.ts";
import { factsOf } from "./facts.ts";
import { frameBytes, type ImageAttributes } from "./image-attributes.ts";
import { openFrames } from "./open-frames.ts";
import type { DicomOptions } from "./options.ts";
import { unusable } from "./problem.ts";
import { toValues, valueScale } from "./values.ts";

const largest = 1 << 30;

/** Implements `inspect` of the contract. Rejects with LejepaError E_DECODE as decoding does. */
export async function inspectFile(
  path: string,
  request: InspectRequest<DicomOptions>,
  { signal }: DatasetContext,
): Promise<Inspection> {
  const file = await openFrames({ path });
  try {
    const { image, header } = file;
    const wanted = request.frame === undefined ? Array.from({ length: image.frames }, (_, i) => i) : [request.frame];
    const bytes = request.stage === "stored" ? 1 : 8 / Math.max(1, image.bitsAllocated / 8);
    if (wanted.length * frameBytes(image) * Math.max(1, bytes) > largest) {
      throw unusable(`has ${image.frames} frames that do not fit into 1 GiB together`, "Ask for one frame.");
    }
    const planes: Plane[] = [];
    for (const index of wanted) {
      signal?.throwIfAborted();
      const stored = await file.frame(index);
      planes.push(cut(stageOf({ root: header.dataSet, image, index, stored }, request), image, request.window));
    }
    return join(planes, factsOf(header, image));
  } finally {
    await file.close();
  }
}

interface Plane {
  readonly data: StoredArray;
  readonly rows: number;
  readonly columns: number;
  readonly samples: number;
  readonly mask?: Uint8Array;
}

type Frame = Parameters<typeof show>[0];

function stageOf(frame: Frame, { stage, options }: InspectRequest<DicomOptions>): Omit<Plane, "rows" | "columns"> {
  const { root, image, index, stored } = frame;
  if (stage === "stored") return { data: stored.data, samples: image.samples };
  if (stage === "values" && image.samples === 1) {
    const { values, mask } = toValues(
      stored,
      image.photometric === "PALETTE COLOR" ? { value: (v) => v } : valueScale(root, index, image),
    );
    return { data: values, samples: 1, ...(mask !== undefined && { mask }) };
  }
  if (stage === "values") return { data: Float64Array.from(stored.data as Uint8Array), samples: image.samples };
  const shown = show(frame, options.window === "none" ? "percentile" : options.window, 8);
  return { data: shown.data, samples: shown.channels, ...(shown.mask !== undefined && { mask: shown.mask }) };
}

function cut(
  plane: Omit<Plane, "rows" | "columns">,
  { rows, columns }: ImageAttributes,
  window: InspectRequest["window"],
): Plane {
  if (window === undefined) return { ...plane, rows, columns };
  const { x, y, width, height } = window;
  if (!(x >= 0 && y >= 0 && width > 0 && height > 0 && x + width <= columns && y + height <= rows)) {
    throw new LejepaError({
      code: "E_USAGE",
      where: "window",
      expected: `a part of ${columns} x ${rows} pixels`,
      got: [x, y, width, height].join(","),
    });
  }
  const part = <A extends StoredArray>(data: A, samples: number): A => {
    const out = new (data.constructor as new (length: number) => A)(width * height * samples);
    for (let row = 0; row < height; row++) {
      const from = ((y + row) * columns + x) * samples;
      (out as Uint8Array).set((data as Uint8Array).subarray(from, from + width * samples), row * width * samples);
    }
    return out;
  };
  const { data, samples, mask } = plane;
  return {
    data: part(data, samples),
    samples,
    rows: height,
    columns: width,
    ...(mask !== undefined && { mask: part(mask, 1) }),
  };
}

function join(planes: readonly Plane[], facts: Inspection["facts"]): Inspection {
  const [first] = planes as [Plane];
  const { rows, columns, samples } = first;
  const size = rows * columns * samples;
  const data = new (first.data.constructor as new (length: number) => StoredArray)(planes.length * size);
  const masked = planes.some(({ mask }) => mask !== undefined);
  const mask = masked ? new Uint8Array(planes.length * size).fill(1) : undefined;
  for (const [i, plane] of planes.entries()) {
    (data as Uint8Array).set(plane.data as Uint8Array, i * size);
    if (plane.mask !== undefined) mask?.set(plane.mask, i * size);
  }
  return {
    facts,
    shape: [planes.length, rows, columns, samples],
    axes: ["frames", "rows", "cols", "samples"],
    dtype: dtypes[data.constructor.name] as string,
    data,
    ...(mask !== undefined && { mask }),
  };
}

const dtypes: Readonly<Record<string, string>> = {
  Int8Array: "int8",
  Uint8Array: "uint8",
  Int16Array: "int16",
  Uint16Array: "uint16",
  Int32Array: "int32",
  Uint32Array: "uint32",
  Float32Array: "float32",
  Float64Array: "float64",
};

// Every compression, layout and sample type against the values that GDAL reads (tools/goldens/geotiff_rasters.py).
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inspect, makeFolder } from "../_tiff.test-helper.ts";

interface Golden {
  readonly file: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly sha256: string;
  readonly tolerance?: number;
  readonly pixels?: string;
  readonly mask?: string;
  readonly geotransform?: readonly number[];
  readonly scale?: number;
  readonly offset?: number;
  readonly description?: string;
}

const { cases } = JSON.parse(readFileSync(new URL("../../fixtures/rasters.json", import.meta.url), "utf8")) as {
  readonly cases: Readonly<Record<string, Golden>>;
};

const pathOf = async ({ file }: Golden): Promise<string> =>
  join(await makeFolder({ "x.tif": Buffer.from(file, "base64") }), "x.tif");
const bytesOf = (data: ArrayBufferView): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

test.for(Object.entries(cases))("%s: the values that GDAL reads", async ([, golden]) => {
  const { shape, dtype, data, facts } = await inspect(await pathOf(golden), "stored");
  expect([shape, dtype, facts["geotransform"]]).toEqual([golden.shape, golden.dtype, golden.geotransform]);
  expect(apart(golden, data)).toBeLessThanOrEqual(golden.tolerance ?? 0);
});

/** Largest difference to GDAL's values; of lossless files only whether there is one. */
function apart({ sha256, pixels }: Golden, data: ArrayBufferView): number {
  if (pixels === undefined) return createHash("sha256").update(bytesOf(data)).digest("hex") === sha256 ? 0 : 1;
  const expected = Buffer.from(pixels, "base64");
  return Math.max(...bytesOf(data).map((value, i) => Math.abs(value - (expected[i] as number))));
}

test.for(Object.entries(cases).filter(([, { mask }]) => mask !== undefined))(
  "%s: the mask that GDAL reads",
  async ([, golden]) => {
    const { mask } = await inspect(await pathOf(golden), "values");
    const pixels = (golden.shape[1] as number) * (golden.shape[2] as number);
    expect(Buffer.from((mask as Uint8Array).subarray(0, pixels)).toString("base64")).toBe(golden.mask);
  },
);

test("scale, offset and name of a band come from GDAL's metadata", async () => {
  const golden = cases["scale and offset"] as Golden;
  const path = await pathOf(golden);
  const stored = await inspect(path, "stored");
  const values = await inspect(path, "values");
  expect(values.facts["channels"]).toEqual([golden.description]);
  const expected = Float32Array.from(
    stored.data as Uint16Array,
    (value) => value * (golden.scale as number) + (golden.offset as number),
  );
  expect(values.data).toEqual(expected);
});

test("a window is the same part of the whole, in every layout", async () => {
  const window = { x: 5, y: 3, width: 14, height: 11 };
  for (const golden of Object.values(cases)) {
    const [bands, height, width] = golden.shape as [number, number, number];
    if (width < window.x + window.width || height < window.y + window.height) continue;
    const path = await pathOf(golden);
    const [whole, part] = [await inspect(path, "stored"), await inspect(path, "stored", { window })];
    expect(part.shape).toEqual([bands, window.height, window.width]);
    const cut = Array.from(part.data as ArrayLike<number>, (_, i) => {
      const [x, y] = [i % window.width, Math.floor(i / window.width) % window.height];
      return whole.data[
        (Math.floor(i / (window.width * window.height)) * height + y + window.y) * width + x + window.x
      ];
    });
    expect(Array.from(part.data as ArrayLike<number>)).toEqual(cut);
  }
});

test("a colour map becomes colours in the picture, white-is-zero is turned around", async () => {
  const colours = await inspect(await pathOf(cases["palette"] as Golden), "display");
  expect([colours.shape[2], colours.axes]).toEqual([3, ["rows", "cols", "samples"]]);
  expect(
    new Set(Array.from({ length: colours.data.length / 3 }, (_, i) => colours.data.slice(3 * i, 3 * i + 3).join())),
  ).toEqual(new Set(["255,0,0", "0,128,0", "10,20,30", "250,240,230"]));
  const white = await pathOf(cases["white is zero"] as Golden);
  const [stored, shown] = [await inspect(white, "stored"), await inspect(white, "display")];
  expect(shown.data).toEqual(Uint8Array.from(stored.data as Uint8Array, (value) => 255 - value));
});

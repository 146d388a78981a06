import { expect, test } from "vitest";
import { testContext } from "@lejepa/contracts/testing";
import type { Inspection, InspectRequest } from "@lejepa/contracts";
import { bytesOf, onDisk, pixelsOf, told } from "./_files.test-helper.ts";
import { galaxy10 } from "./plugin.ts";

const inspect = (path: string, request: Partial<InspectRequest> & { images?: string } = {}): Promise<Inspection> => {
  const { images = "images", ...more } = request;
  const options = galaxy10.options.parse({ images });
  return (galaxy10.inspect as NonNullable<typeof galaxy10.inspect>)(
    path,
    { stage: "stored", ...more, options },
    testContext("unused"),
  );
};

test("one image, by its number, with what the file holds", async () => {
  const { facts, data, ...rest } = await inspect(await onDisk("chunked"), { frame: 7 });
  expect(rest).toEqual({ shape: [6, 6, 3], axes: ["rows", "cols", "samples"], dtype: "uint8" });
  expect([...data]).toEqual(pixelsOf("chunked", 7));
  expect(facts).toEqual({
    format: "HDF5",
    image: 7,
    images: 9,
    datasets: [
      { name: "ans", shape: [9], dtype: "uint8", chunks: null, filters: [] },
      {
        name: "images",
        shape: [9, 6, 6, 3],
        dtype: "uint8",
        chunks: [4, 4, 4, 1],
        filters: ["shuffle", "deflate (gzip)", "fletcher32"],
      },
    ],
  });
});

test("types that are not trained on can still be looked at; display is 8 bit", async () => {
  const path = await onDisk("int32");
  expect(await inspect(path)).toMatchObject({
    dtype: "int32",
    data: Int32Array.from(pixelsOf("int32", 0) as number[]),
  });
  const { data, dtype } = await inspect(await onDisk("float32"), { frame: 2, stage: "display" });
  expect([dtype, Math.min(...(data as Uint8Array)), Math.max(...(data as Uint8Array))]).toEqual(["uint8", 0, 255]);
  const eight = await inspect(await onDisk("contiguous"), { stage: "display" });
  expect([...eight.data]).toEqual(pixelsOf("contiguous", 0));
});

test("a window is read alone; what is not there is refused", async () => {
  const path = await onDisk("gray16");
  const { data, shape } = await inspect(path, { frame: 1, window: { x: 1, y: 2, width: 3, height: 2 } });
  const pixels = pixelsOf("gray16", 1);
  expect(shape).toEqual([2, 3, 1]);
  expect([...data]).toEqual([...pixels.slice(13, 16), ...pixels.slice(19, 22)]);
  expect(await told(() => inspect(path, { frame: 9 }))).toContain(
    "expected an image 0..8 and a window in 6 x 6 pixels, got image 9",
  );
  expect(await told(() => inspect(path, { window: { x: 5, y: 0, width: 2, height: 1 } }))).toContain("window 5,0,2,1");
  expect(await told(() => inspect(path, { images: "ans" }))).toContain("got ans 9 x 1 int64, images 9 x 6 x 6 uint16.");
});

test("files are known by their first bytes", () => {
  expect(galaxy10.recognises?.(bytesOf("contiguous").subarray(0, 512), "x.h5")).toBe(true);
  expect(galaxy10.recognises?.(Buffer.from("not HDF5"), "x.h5")).toBe(false);
});

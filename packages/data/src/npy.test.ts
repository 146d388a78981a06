import { spawnSync } from "node:child_process";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { manyToys, temporaryFolder, writeToys } from "./_toy.test-helper.ts";
import { buildStore } from "./build-store.ts";
import { npyHeader, parseNpyHeader } from "./npy.ts";

const dtypes = ["uint8", "uint16", "int16", "float32"] as const;

test("a header reads back as it was written, always 128 bytes", () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 10_000_000 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.constantFrom(...dtypes), sizes, (dtype, shape) => {
      const header = npyHeader(dtype, shape);
      expect(header).toHaveLength(128);
      expect(parseNpyHeader(header)).toEqual({ dtype, shape, headerBytes: 128 });
    }),
  );
});

test("the bytes of a header, by the format's description", () => {
  const text = new TextDecoder("latin1").decode(npyHeader("uint16", [2, 3]));
  expect(text.slice(0, 10)).toBe("\u0093NUMPY\u0001\u0000\u0076\u0000");
  expect(text.slice(10).trimEnd()).toBe("{'descr': '<u2', 'fortran_order': False, 'shape': (2, 3), }");
  expect(text.at(-1)).toBe("\n");
});

test("other files are not taken for ours", () => {
  const header = npyHeader("uint8", [1]);
  expect(parseNpyHeader(header.subarray(0, 127))).toBeUndefined();
  expect(parseNpyHeader(new Uint8Array(128))).toBeUndefined();
  const wrong = header.slice();
  wrong.set(new TextEncoder().encode("{'descr': '<c8'"), 10);
  expect(parseNpyHeader(wrong)).toBeUndefined();
});

test("NumPy reads a store", async (context) => {
  const python = "/usr/bin/python3";
  const hasNumpy = spawnSync(python, ["-c", "import numpy"]).status === 0;
  context.skip(!hasNumpy, "needs Debian's python3-numpy");
  const root = await temporaryFolder();
  const dataset = await writeToys(root, manyToys(5));
  const store = await buildStore(dataset, { size: 4, channels: 3, cacheDir: join(root, "cache"), workers: 1 });
  const code =
    "import sys, numpy as n; a = n.load(sys.argv[1], mmap_mode='r'); print(a.dtype, a.shape, a[3].ravel().tolist())";
  const { stdout } = spawnSync(python, ["-c", code, store.imagesFile], { encoding: "utf8" });
  expect(stdout.trim()).toBe(`uint8 (5, 4, 4, 3) [${[...store.read([3])].join(", ")}]`);
  store.close();
});

// The files of features, read back by other readers than what wrote them.
import { join } from "node:path";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { stream } from "@lejepa/contracts";
import { matrix } from "@lejepa/eval";
import { afterAll, expect, test } from "vitest";
import { type FeatureTable, featureFiles, parseFormats } from "./feature-files.ts";

const [rows, columns] = [1205, 7];
const data = stream(1, "feature files").fillNormal(new Float32Array(rows * columns));
// what a careless format would lose
data.set([1 / 3, 1e-42, 3.4e38, -0, 16777217, 1e10, 0.1]);
const table: FeatureTable = {
  features: matrix(data, rows, columns),
  items: Array.from({ length: rows }, (_, i) => ({
    id: i === 1 ? `a,"b"\nö/${i}.png` : `images/${i}.png`,
    ...(i % 3 !== 0 && { label: `class ${i % 3}` }),
    ...(i % 2 === 0 && { group: "00ff00ff00ff00ff" }),
    source: { path: "/secret/place" },
  })),
  splits: {
    train: Uint32Array.from({ length: 1000 }, (_, i) => i),
    validation: Uint32Array.of(1000, 1001),
    test: Uint32Array.of(1004),
  },
};

const folder = mkdtempSync(join(tmpdir(), "lejepa-features-"));
afterAll(() => rmSync(folder, { recursive: true }));

const content = async (name: string): Promise<Buffer> => {
  const file = featureFiles(folder, parseFormats("npy, parquet,CSV,npy")).find(({ path }) => path.endsWith(name));
  const parts = await file?.content(table);
  return Buffer.concat(
    (parts ?? []).map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength)),
  );
};

test("each format once, unknown ones are refused", () => {
  expect(parseFormats("npy")).toEqual(["npy"]);
  expect(parseFormats("parquet, CSV,parquet")).toEqual(["parquet", "csv"]);
  expect(() => parseFormats("parket")).toThrow(/npy, csv, parquet, got parket\. Did you mean parquet\?/);
  expect(() => parseFormats("npy,")).toThrow(/an empty name/);
  expect(featureFiles("out", ["npy", "csv"]).map(({ path }) => path)).toEqual([
    join("out", "features.npy"),
    join("out", "items.csv"),
    join("out", "features.csv"),
  ]);
});

test("Parquet: every value, absent ones as null, over several row groups", async () => {
  const path = join(folder, "features.parquet");
  writeFileSync(path, await content("features.parquet"));
  const read = await parquetReadObjects({ file: await asyncBufferFromFile(path) });
  expect(read).toHaveLength(rows);
  expect(Object.keys(read[0] ?? {})).toEqual(["id", "label", "group", "split", "embedding"]);
  expect(Float32Array.from(read.flatMap(({ embedding }) => embedding as number[]))).toEqual(data);
  expect(read[0]).toMatchObject({ id: "images/0.png", label: null, group: "00ff00ff00ff00ff", split: "train" });
  expect(read[1]).toMatchObject({ id: 'a,"b"\nö/1.png', label: "class 1", group: null });
  expect(read.map(({ split }) => split).slice(999, 1005)).toEqual([
    "train",
    "validation",
    "validation",
    null,
    null,
    "test",
  ]);
});

test("CSV: every float comes back, quoted where it must be", async () => {
  const text = (await content("features.csv")).toString("utf8");
  const lines = text.split("\r\n");
  expect(lines[0]).toBe("id,label,group,split,f0,f1,f2,f3,f4,f5,f6");
  expect(lines[2]).toMatch(/^"a,""b""\nö\/1\.png",class 1,,train,/);
  const values = lines.slice(1, -1).flatMap((line) => line.split(",").slice(-columns).map(Number));
  // -0 is 0 in text
  expect(Float32Array.from(values)).toEqual(data.map((value) => value + 0));
  expect(lines.at(-1)).toBe("");
});

test("NumPy: header and values; the paths of the images are in no file", async () => {
  const npy = await content("features.npy");
  const length = npy.readUInt16LE(8);
  expect(npy.toString("latin1", 10, 10 + length)).toContain(
    `'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${columns})`,
  );
  expect(new Float32Array(npy.buffer.slice(npy.byteOffset + 10 + length, npy.byteOffset + npy.length))).toEqual(data);
  for (const name of ["features.npy", "items.csv", "features.csv", "features.parquet"])
    expect((await content(name)).includes("secret")).toBe(false);
  expect(readFileSync(join(folder, "features.parquet")).toString("latin1", 0, 4)).toBe("PAR1");
});

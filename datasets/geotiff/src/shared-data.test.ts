// Real files that the repository does not carry, against GDAL's values; skips, saying so, where they are absent.
// SUPPORT.md is the table that comes of it (`npx vitest run src/shared-data.test.ts -u` writes it).
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isLejepaError, type StoredArray } from "@lejepa/contracts";
import { expect, test, type TestContext } from "vitest";
import { index, inspect } from "./_tiff.test-helper.ts";

const data = fileURLToPath(new URL("../../../../shared/data", import.meta.url));
const needs = (context: TestContext, path: string): string => {
  context.skip(!existsSync(join(data, path)), `needs the sample data ../shared/data/${path}`);
  return join(data, path);
};

interface Band {
  readonly sha256_le?: string;
  readonly numpy_dtype?: string;
  readonly nodata: number | string | null;
  readonly valid: number;
  readonly mean: number | null;
  readonly raw_mean: number;
}

interface Expected {
  readonly file: string;
  readonly width: number;
  readonly height: number;
  readonly bands: number;
  readonly compression: string;
  readonly nbits: string | null;
  readonly dtype: string;
  readonly band_stats: readonly Band[];
}

const sets = (): Expected[] =>
  readdirSync(join(data, "expected"))
    .filter((name) => name.startsWith("geotiff_"))
    .flatMap((name) => JSON.parse(readFileSync(join(data, "expected", name), "utf8")) as Expected[]);

type Result = "exact" | "within two levels" | "refused" | "damaged" | "wrong";

// GDAL's names of what is refused
const refusable = /^(CCITT|SGILOG|OJPEG|LZMA)/;

async function resultOf(entry: Expected): Promise<Result> {
  const path = join(data, entry.file);
  const read = await inspect(path, "stored").catch((error: unknown) => error);
  if (isLejepaError(read, "E_DECODE")) {
    if (entry.band_stats.some(({ sha256_le }) => sha256_le === undefined)) return "damaged";
    return refusable.test(entry.compression) && read.message.includes("not supported") ? "refused" : "wrong";
  }
  if (read instanceof Error) throw read;
  const { shape, dtype, data: values } = read as Awaited<ReturnType<typeof inspect>>;
  if (shape.join() !== [entry.bands, entry.height, entry.width].join()) return "wrong";
  const planes = entry.band_stats.map((band, i) => ({ band, plane: planeOf(values, i, entry) }));
  if (planes.every(({ band, plane }) => dtype === band.numpy_dtype && hashOf(plane) === band.sha256_le)) return "exact";
  const near = planes.every(({ band, plane }) => Math.abs(meanOf(plane) - band.raw_mean) < 0.5);
  return entry.compression.includes("JPEG") && near ? "within two levels" : "wrong";
}

function planeOf(values: StoredArray, band: number, { width, height }: Expected): StoredArray {
  return values.subarray(band * width * height, (band + 1) * width * height);
}

function hashOf({ buffer, byteOffset, byteLength }: StoredArray): string {
  return createHash("sha256")
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest("hex");
}

function meanOf(values: ArrayLike<number | bigint>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Number(values[i]);
  return sum / values.length;
}

function tableOf(rows: ReadonlyMap<string, readonly Result[]>): string {
  const count = (results: readonly Result[], result: Result): string =>
    String(results.filter((one) => one === result).length || "");
  const lines = [...rows].sort().map(([name, results]) => {
    const cells = (["exact", "within two levels", "refused", "damaged"] as const).map((result) =>
      count(results, result),
    );
    return `| ${name} | ${results.length} | ${cells.join(" | ")} |`;
  });
  return lines.join("\n");
}

function grouped(
  entries: readonly (readonly [Expected, Result])[],
  key: (entry: Expected) => string,
): Map<string, Result[]> {
  const rows = new Map<string, Result[]>();
  for (const [entry, result] of entries) rows.set(key(entry), [...(rows.get(key(entry)) ?? []), result]);
  return rows;
}

test("every file is read as GDAL does, or refused by name", async (context) => {
  needs(context, "expected");
  const results: (readonly [Expected, Result])[] = [];
  for (const entry of sets()) results.push([entry, await resultOf(entry)]);
  expect(results.filter(([, result]) => result === "wrong").map(([{ file }]) => file)).toEqual([]);
  const head = (first: string): string =>
    `| ${first} | files | equal to GDAL | within two levels | refused by name | damaged, as for GDAL |\n|---|---|---|---|---|---|`;
  const kind = ({ dtype, nbits }: Expected): string => (nbits === null ? dtype : `${dtype}, ${nbits} bits stored`);
  const text = `# What is read

${results.length} real files, each band's values compared with those of GDAL 3.6.2 by SHA-256. Written by
\`src/shared-data.test.ts\`, not by hand.

${head("compression (GDAL's name)")}
${tableOf(grouped(results, ({ compression }) => compression))}

${head("sample type")}
${tableOf(grouped(results, kind))}
`;
  await expect(text).toMatchFileSnapshot("../SUPPORT.md");
});

test("valid values of each band, and their mean, are those of GDAL", async (context) => {
  needs(context, "expected");
  const entries = sets().filter(({ band_stats }) =>
    band_stats.every(({ nodata, sha256_le }) => nodata !== null && sha256_le !== undefined),
  );
  expect(entries.length).toBeGreaterThan(50);
  for (const entry of entries.filter(({ compression }) => !refusable.test(compression))) {
    const { data: values, mask } = await inspect(join(data, entry.file), "values");
    const size = entry.width * entry.height;
    for (const [band, { valid, mean }] of entry.band_stats.entries()) {
      let [count, sum] = [0, 0];
      for (let i = band * size; i < (band + 1) * size; i++) {
        if ((mask as Uint8Array)[i] === 0) continue;
        count += 1;
        sum += Number(values[i]);
      }
      const apart = count === 0 ? 0 : Math.abs(sum / count - (mean ?? 0));
      expect([entry.file, band, count, apart <= 1e-5 * Math.abs(mean ?? 0) + 1e-3]).toEqual([
        entry.file,
        band,
        valid,
        true,
      ]);
    }
  }
});

test("malformed files end in a typed error or an image, quickly", async (context) => {
  const folder = needs(context, "geotiff/malformed");
  for (const name of readdirSync(folder)) {
    const result: unknown = await inspect(join(folder, name), "display").catch((error: unknown) => error);
    expect([name, isLejepaError(result) || !(result instanceof Error)]).toEqual([name, true]);
  }
});

test("labelled chips: classes and groups from the table are those of the folders", async (context) => {
  const path = needs(context, "geotiff/neon_sites_chips");
  const table = await index({ path, labels: "labels.csv", columns: { path: "file", group: "source_tile" } });
  const folders = await index({ path });
  expect(table.items.map(({ id, label }) => [id, label])).toEqual(folders.items.map(({ id, label }) => [id, label]));
  expect(new Set(table.items.map(({ label }) => label)).size).toBe(3);
  expect(table.items.length).toBeGreaterThan(170);
});

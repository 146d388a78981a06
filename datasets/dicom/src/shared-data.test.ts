// Every real file with known pixels, against pydicom, GDCM and dcmtk; skips, saying so, where they are absent. The table of
// SUPPORT.md is made here: `npx vitest run src/shared-data.test.ts -u` writes it anew.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isLejepaError, type Inspection } from "@lejepa/contracts";
import { checkDataset } from "@lejepa/contracts/testing";
import { expect, test, type TestContext } from "vitest";
import { caught, index, inspectPath, makeFolder } from "./_files.test-helper.ts";
import { dicom } from "./plugin.ts";
import { formats } from "./transfer-syntaxes.ts";

const data = fileURLToPath(new URL("../../../../shared/data", import.meta.url));
const needs = (context: TestContext, path: string): string => {
  context.skip(!existsSync(join(data, path)), `needs the sample data ../shared/data/${path}`);
  return join(data, path);
};

interface Expected {
  readonly file: string;
  readonly transfer_syntax?: string;
  readonly array_shape?: readonly number[];
  readonly array_dtype?: string;
  readonly stored?: { readonly min: number; readonly max: number; readonly mean: number };
  readonly stored_sha256_le?: string;
}

const sets = ["chest_xray_labelled", "ct_3slice", "dicomParser", "htj2k", "nema_wg04", "pydicom", "series_mr_brain"];
// its codestream's size was overwritten by the delimiter that it is a test of; GDCM decodes noise
const damaged = ["pydicom/JPEG2000-embedded-sequence-delimiter.dcm"];
// OW bytes that pydicom 2.3.1 leaves swapped: compared with the same image in little endian instead
const swapped: Readonly<Record<string, string>> = {
  "dicom/pydicom/SC_rgb_small_odd_big_endian.dcm": "dicom/pydicom/SC_rgb_small_odd.dcm",
};

const bytesOf = ({ data: array }: Inspection): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
const sha256 = (inspection: Inspection): string => createHash("sha256").update(bytesOf(inspection)).digest("hex");

type Result = "exact" | "within 2" | "different" | "refused" | "no pixels" | "no reference";

async function compare(entry: Expected, all: readonly Expected[]): Promise<Result> {
  let seen: Inspection;
  try {
    seen = await inspectPath(join(data, entry.file));
  } catch (error) {
    if (!isLejepaError(error, "E_DECODE")) throw error;
    return entry.array_shape === undefined ? "no pixels" : "refused";
  }
  const twin = all.find(({ file }) => file === swapped[entry.file]) ?? entry;
  if (twin.stored === undefined) return "no reference";
  expect([entry.file, ...seen.shape.filter((n) => n > 1)]).toEqual([
    entry.file,
    ...(twin.array_shape ?? []).filter((n) => n > 1),
  ]);
  expect([entry.file, seen.dtype]).toEqual([entry.file, dtypeOf(twin.array_dtype ?? "")]);
  return sha256(seen) === twin.stored_sha256_le ? "exact" : near(seen, twin.stored) ? "within 2" : "different";
}

const dtypeOf = (name: string): string => ({ ">u2": "uint16", ">i2": "int16", ">u4": "uint32" })[name] ?? name;

function near({ data: array }: Inspection, { min, max, mean }: { min: number; max: number; mean: number }): boolean {
  let [low, high, sum] = [Infinity, -Infinity, 0];
  for (const value of array as Uint16Array) {
    low = Math.min(low, value);
    high = Math.max(high, value);
    sum += value;
  }
  return Math.abs(low - min) <= 2 && Math.abs(high - max) <= 2 && Math.abs(sum / array.length - mean) <= 1;
}

test("every file: the expected samples, or an error with a code", async (context) => {
  needs(context, "expected/dicom_pydicom.json");
  const counts = new Map<string, Map<Result, number>>();
  const wrong: string[] = [];
  for (const set of sets) {
    const all = JSON.parse(readFileSync(join(data, `expected/dicom_${set}.json`), "utf8")) as Expected[];
    for (const entry of all) {
      const result = await compare(entry, all);
      const mayRefuse = damaged.includes(entry.file.replace("dicom/", ""));
      if (result === "different" || (result === "refused" && !mayRefuse)) wrong.push(`${entry.file}: ${result}`);
      const name = entry.transfer_syntax ?? "none";
      const row = counts.get(name) ?? new Map<Result, number>();
      counts.set(name, row.set(result, (row.get(result) ?? 0) + 1));
    }
  }
  expect(wrong).toEqual([]);
  await expect(supportPage(counts)).toMatchFileSnapshot("../SUPPORT.md");
});

function supportPage(counts: ReadonlyMap<string, ReadonlyMap<Result, number>>): string {
  const columns = ["exact", "within 2", "refused", "no pixels", "no reference"] as const;
  const row = (id: string): string => columns.map((column) => counts.get(id)?.get(column) ?? 0).join(" | ");
  const read = formats.filter(({ supported }) => supported);
  const lines = read.map(({ id, name, by }) => `| ${id} | ${name} | ${by} | ${row(id)} |`);
  const not = formats.filter(({ supported }) => !supported).map(({ id, name, by }) => `| ${id} | ${name} | ${by} |`);
  return `# Transfer syntaxes

Real files with known pixels, by result: samples exactly those of pydicom, GDCM and dcmtk (SHA-256 of the array); minimum,
maximum within 2 and mean within 1 grey level; refused with a reason; objects without pixels, each an error that says so; read here but
not by the references. Made by \`src/shared-data.test.ts\`.

| UID | name | decoder | exact | within 2 | refused | no pixels | no reference |
|---|---|---|---:|---:|---:|---:|---:|
${lines.join("\n")}
| none | no or an unknown transfer syntax in the file | guessed | ${row("none")} |

The refused file has a codestream whose size was overwritten. One big endian file is compared with its little endian twin: pydicom
2.3 leaves its bytes swapped (3.0 does not). Syntaxes with zeros alone have no sample here; RPCL and lossy
HTJ2K are codestreams of the same decoder as lossless HTJ2K.

Not supported; each is an error that names it:

| UID | name | why |
|---|---|---|
${not.join("\n")}
`;
}

test("malformed files are refused, none hangs", async (context) => {
  const folder = needs(context, "dicom/malformed");
  for (const name of readdirSync(folder)) {
    const { code, message } = await caught(() => inspectPath(join(folder, name)));
    expect([name, code]).toEqual([name, "E_DECODE"]);
    expect(message).toMatch(/^DICOM file: [^\n]+\.$/);
  }
});

test("labelled radiographs: three classes, and the contract is kept", async (context) => {
  const path = needs(context, "dicom/chest_xray_labelled");
  const { items, warnings } = await index({ path, label: "folder" });
  const classes = new Set(items.map(({ label }) => label));
  expect([items.length, ...[...classes].sort()]).toEqual([150, "covid19", "no_findings", "pneumonia"]);
  expect(warnings?.join()).toContain("MONOCHROME1");
  const table = await index({ path, labels: "labels.csv", columns: csvColumns(path) });
  expect(table.items).toEqual(items);
  const cacheDir = await makeFolder({});
  expect(await checkDataset(dicom, { path, label: "folder" }, { cacheDir })).toEqual([]);
});

const csvColumns = (path: string): { path: string; label: string } => {
  const [header = ""] = readFileSync(join(path, "labels.csv"), "utf8").split("\n");
  const names = header.trim().split(",");
  return {
    path: names.find((name) => /file|path/.test(name)) ?? "path",
    label: names.find((name) => /label|class/.test(name)) ?? "label",
  };
};

test("a series comes in the order of its positions, whatever the files are called", async (context) => {
  const path = needs(context, "dicom/series_mr_brain");
  const { items, warnings } = await index({ path, neighbours: 1 });
  expect([items.length, warnings]).toEqual([28, []]);
  expect(items[0]?.source["previous"]).toBeUndefined();
  expect(items[1]?.source["previous"]).toMatchObject({ path: items[0]?.source.path });
  expect(items[26]?.source["next"]).toMatchObject({ path: items[27]?.source.path });
});

// Tables of targets: how they are read, what is wrong with them, and what is learnt from them (tools/goldens/eval_targets.py).
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatasetItem } from "@lejepa/contracts";
import { createEngine } from "@lejepa/engine";
import { ByteWriter, parquetWrite } from "hyparquet-writer";
import { afterAll, describe, expect, test } from "vitest";
import { compareFeatures } from "../compare-features.ts";
import type { MetricName } from "../comparison-schema.ts";
import { matrix } from "../matrix.ts";
import { readTargets, type TargetTableOptions } from "./read-targets.ts";

interface Scores extends Partial<Record<MetricName, number>> {
  readonly perClass: readonly Readonly<Record<string, number>>[];
}

interface Golden {
  readonly rows: number;
  readonly columns: number;
  readonly c: number;
  readonly features: number[];
  readonly splits: Record<"train" | "validation" | "test", number[]>;
  readonly table: string;
  readonly labels: string[];
  readonly numbers: string[];
  readonly leftOut: number[];
  readonly multilabel: Scores;
  readonly regression: Scores;
}

const golden = JSON.parse(readFileSync(new URL("../fixtures/targets.json", import.meta.url), "utf8")) as Golden;
const folder = mkdtempSync(join(tmpdir(), "lejepa-targets-"));
const engine = await createEngine({ threads: 1 });
afterAll(() => engine.dispose());

function write(content: string | Uint8Array, name = "table.csv"): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const item = (id: string, path = `/data/${id}`): DatasetItem => ({ id, source: { path } });
const items = ["a.png", "b.png", "c.png", "d.png"].map((id) => item(id));
const read = (text: string, options: Partial<TargetTableOptions> = {}) =>
  readTargets(write(text), { items, ...options });
/** NaN as null. */
const numbersOf = (data: Float32Array): (number | null)[] => [...data].map((x) => (Number.isNaN(x) ? null : x));

describe.each([
  ["multilabel", golden.labels, golden.multilabel],
  ["regression", golden.numbers, golden.regression],
] as const)("%s of a table with unknown cells", (task, columns, { perClass, ...expected }) => {
  test("is learnt and scored as scikit-learn does", async () => {
    const images = Array.from({ length: golden.rows }, (_, row) => item(`image-${row}.png`));
    const { targets, notes } = await readTargets(write(golden.table), { items: images, columns });
    expect([targets.task, targets.classes, notes]).toEqual([task, columns, []]);
    const features = matrix(Float32Array.from(golden.features), golden.rows, golden.columns);
    const comparison = await compareFeatures(engine, {
      targets,
      splits: golden.splits,
      encoders: [{ name: "x", kind: "other", seeds: [{ embedding: features, probe: features }], layerNorm: false }],
      probes: ["logistic"],
      shots: ["all"],
      resamples: 20,
      grids: { c: [golden.c] },
    });
    const [result] = comparison.results;
    const [detail] = comparison.details;
    for (const [metric, value] of Object.entries(expected))
      expect(result?.metrics[metric as MetricName]?.value, metric).toBeCloseTo(value, 3);
    for (const [j, scores] of perClass.entries())
      for (const [name, value] of Object.entries(scores))
        expect(detail?.perClass[j]?.[name as "f1"], name).toBeCloseTo(value, 2);
    expect(comparison.predictions.rows).not.toEqual(expect.arrayContaining(golden.leftOut.slice(-1)));
    expect(comparison.data.notes[0]).toMatch(/^\d+ of 80 rows of the train split have no (label|known value)$/);
  });
});

test("cells: decimal and scientific, empty ones unknown, true and false", async () => {
  const { targets } = await read("id;n\na.png;-1.5e2\nb.png;NA\nc.png;nan\nd.png;.5\n");
  expect(targets.task).toBe("regression");
  expect(numbersOf(targets.values.data)).toEqual([-150, null, null, 0.5]);
  const flags = await read("path,ill,well\nb.png,True,\na.png,false,1\nd.png,1,0");
  expect(flags.targets).toMatchObject({ task: "multilabel", classes: ["ill", "well"] });
  expect(numbersOf(flags.targets.values.data)).toEqual([0, 1, 1, null, null, null, 1, 0]);
});

test("ids, ends of paths and names without an extension; a row about a file is about all of its frames", async () => {
  const frames = [item("f1#0", "/scans/f1.dcm"), item("f1#1", "/scans/f1.dcm"), item("x/1.png"), item("y/1.png")];
  const { targets, notes } = await read("n,file\n1,f1\n2,x/1\n3,/data/y/1.png\n4,elsewhere.png\n", { items: frames });
  expect(targets.classes).toEqual(["n"]);
  expect(numbersOf(targets.values.data)).toEqual([1, 1, 2, 3]);
  expect(notes).toEqual(["1 of 4 rows of table.csv fit no image"]);
  const one = await read("id,n\nf1#1,5\nx/1.png,6", { items: frames });
  expect(numbersOf(one.targets.values.data)).toEqual([null, 5, 6, null]);
});

test("Parquet: numbers, whole numbers, truth values and nulls", async () => {
  const writer = new ByteWriter();
  parquetWrite({
    writer,
    columnData: [
      { name: "image", data: ["a.png", "b.png", "c.png"], type: "STRING" },
      { name: "size", data: [1.25, null, 3], type: "DOUBLE" },
      { name: "count", data: [1n, 2n, 3n], type: "INT64" },
      { name: "ill", data: [true, false, true], type: "BOOLEAN" },
    ],
  });
  const path = write(new Uint8Array(writer.getBuffer()), "table.parquet");
  const { targets } = await readTargets(path, { items });
  expect(numbersOf(targets.values.data).slice(0, 9)).toEqual([1.25, 1, 1, null, 2, 0, 3, 3, 1]);
  await expect(readTargets(write("no", "bad.parquet"), { items })).rejects.toThrow(
    /^targets bad\.parquet: expected a Parquet file that can be read, got something else\.$/,
  );
});

const csv = "id,age,ill\na.png,30,1\nb.png,40,0\nc.png,50,1\n";

test.each<[string, string, Partial<TargetTableOptions>, string, string]>([
  [
    "an unknown column",
    csv,
    { columns: ["agee"] },
    "E_USAGE",
    "--target-columns: expected columns of table.csv: id, age, ill, got agee. Did you mean age?",
  ],
  ["an unknown column of ids", csv, { idColumn: "ids" }, "E_USAGE", "--id-column: .* Did you mean id\\?"],
  ["no column of ids", "age\n3\n", {}, "E_DATA", "a column called id, path, .* --id-column"],
  ["the ids as a target", csv, { columns: ["id"] }, "E_USAGE", "expected columns of values, got id, the column of ids"],
  ["ids alone", "id\na.png\n", {}, "E_DATA", "a column of values beside the ids"],
  [
    "ids that fit nothing",
    "id,patient,age\nDoe,7,30\nRoe,8,40\n",
    {},
    "E_DATA",
    'of the 4 images in the column "id", such as "a.png", got 2 rows of which none fits. .* patient, age',
  ],
  ["an image twice", `${csv}a.png,2,1\n`, {}, "E_DATA", "every image once, got one in line 2 and in line 5"],
  ["text", `${csv}d.png,Jane Doe,1\n`, {}, "E_DATA", 'column "age", got something else in line 5\\. Name the columns'],
  [
    "decimal commas",
    'id;age\na.png;"1,5"\nb.png;2\n',
    {},
    "E_DATA",
    "got a decimal comma in line 2\\. Write decimal points",
  ],
  [
    "no value at all",
    "id,age,ill\na.png,,1\nb.png,NA,0\n",
    {},
    "E_DATA",
    'values in the column "age", got none of any',
  ],
  ["one value", "id,age\na.png,7\nb.png,7\n", {}, "E_DATA", 'different values in the column "age", got the same'],
  [
    "numbers as labels",
    csv,
    { task: "multilabel" },
    "E_DATA",
    '"age", got another number in line 2.*--task regression',
  ],
  ["uncertain labels", "id,ill\na.png,1\nb.png,-1\n", { task: "multilabel" }, "E_DATA", "got -1 in line 3.*uncertain"],
  ["labels as numbers", csv, { task: "regression", columns: ["ill"] }, "E_DATA", "but 0 and 1\\. .*--task multilabel"],
  ["two columns of a name", "id,n,n\na.png,1,2\nb.png,2,3\n", {}, "E_DATA", 'different names, got "n" twice'],
  ["ragged lines", "id,n\na.png\n", {}, "E_DATA", "got record inconsistent .*line 2"],
  ["no rows", "id,n\n", {}, "E_DATA", "expected a header and a row for each image, got no rows"],
])("refuses %s", async (_, text, options, code, message) => {
  const error = await read(text, options).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code, message: expect.stringMatching(message) as string });
  expect((error as Error).message).not.toMatch(/Doe|Jane|30|40/);
});

test("refuses names that fit images of several files, and files that are not there", async () => {
  const both = [item("x/1.png"), item("y/1.png")];
  await expect(read("id,n\n1.png,3\n", { items: both })).rejects.toThrow(/fits images of different files in line 2/);
  await expect(readTargets(join(folder, "none.csv"), { items })).rejects.toThrow(/none\.csv: .* got no such file/);
  await expect(readTargets(folder, { items })).rejects.toThrow(/got a folder/);
});

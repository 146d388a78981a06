import { expect, test } from "vitest";
import { caught, index, makeFolder } from "./_files.test-helper.ts";
import { image, writeDicom, type Elements } from "./_writer.test-helper.ts";

const patient = (id: string): Elements => ({ "00100020": ["LO", id] });
const files = {
  "a/1.dcm": writeDicom(image(patient("P1"), 1)),
  "a/2.dcm": writeDicom(image(patient("P1"), 2)),
  "b/3.dcm": writeDicom(image(patient("P2"), 3)),
};
type More = Partial<Parameters<typeof index>[0]>;
const withTable = async (csv: string, more: More = {}) =>
  index({ path: await makeFolder({ ...files, "labels.csv": csv }), labels: "labels.csv", ...more });
const labels = async (csv: string, more: More = {}): Promise<unknown[]> =>
  (await withTable(csv, more)).items.map(({ label, split }) => (split === undefined ? label : [label, split]));

test("by path, with a split; images without a line have no label", async () => {
  const table = "path,label,split\na/1.dcm,ill,train\n./b/3.dcm,well,test\n";
  expect(await labels(table)).toEqual([["ill", "train"], undefined, ["well", "test"]]);
  expect((await withTable(table)).warnings).toContain("Images without a label: 1 of 3.");
});

test("by SOPInstanceUID, other column names, semicolons", async () => {
  const table = "Image;Finding\n1.2.3.1;ill\n1.2.3.2;ill\n1.2.3.3;well\n";
  expect(await labels(table, { columns: { uid: "Image", label: "Finding" } })).toEqual(["ill", "ill", "well"]);
});

test("by patient: the id itself, or the pseudonym of the index", async () => {
  expect(await labels("patient,label\nP1,ill\nP2,well\n")).toEqual(["ill", "ill", "well"]);
  const { items } = await index({ path: await makeFolder(files) });
  const [first, , last] = items;
  expect(await labels(`patient,label\n${first?.group},ill\n${last?.group},well\n`)).toEqual(["ill", "ill", "well"]);
});

test.each([
  [
    "unknown lines",
    "path,label\na/1.dcm,x\nDOE/9.dcm,y\nDOE/8.dcm,y\n",
    "expected each line about a path of the data, got 2 of 3 that are not there, the first in line 3.",
  ],
  ["a line twice", "patient,label\nP1,x\nP2,y\nP1,z\n", "expected each patient once, got the same in lines 2 and 4."],
  [
    "no key",
    "file,label\na,x\n",
    "expected a column path, sop_instance_uid or patient, got 2 columns of other names. Name it in the option columns.",
  ],
  [
    "no label",
    "path,Labels\na/1.dcm,x\n",
    'expected a column label, got 2 columns of other names. Did you mean "Labels"? Name it in the option columns.',
  ],
  [
    "another split",
    "path,label,split\na/1.dcm,x,DOE\n",
    "expected train, validation or test in line 2, got another word.",
  ],
  [
    "ragged lines",
    "path,label\na/1.dcm\n",
    "expected a CSV file with as many cells in every line, got another form near line 2.",
  ],
  ["nothing", "", "expected a header line and a line for each image, got an empty file."],
])("%s", async (_, csv, text) => {
  const { code, message } = await caught(() => withTable(csv));
  expect([code, message]).toEqual(["E_DATA", `labels labels.csv: ${text}`]);
});

test("a table that is not there", async () => {
  const path = await makeFolder(files);
  const { message } = await caught(() => index({ path, labels: "absent.csv" }));
  expect(message).toBe("labels absent.csv: expected a CSV file, got no such file.");
});

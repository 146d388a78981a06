// Names, ids, dates and free text planted all over headers: nothing that the plugin gives back holds any of them.
import { createHmac } from "node:crypto";
import { join } from "node:path";
import { testContext } from "@lejepa/contracts/testing";
import { expect, test } from "vitest";
import { makeFolder } from "./_files.test-helper.ts";
import { fragments, image, writeDicom, type Elements, type WriteOptions } from "./_writer.test-helper.ts";
import { dicom } from "./plugin.ts";

const planted = ["DOE", "JANE", "MRN-4711", "19700229", "041500", "SECRETCLINIC", "FREETEXT", "1.2.826.99", "DR HOUSE"];
const hidden: Elements = {
  "00080005": ["CS", "ISO_IR 100"],
  "00080012": ["DA", "19700229"],
  "00080013": ["TM", "041500"],
  "00080018": ["UI", "1.2.826.99.1"],
  "00080020": ["DA", "19700229"],
  "00080050": ["SH", "MRN-4711"],
  "00080070": ["LO", "SECRETCLINIC"],
  "00080080": ["LO", "SECRETCLINIC"],
  "00080090": ["PN", "DR HOUSE"],
  "00081010": ["SH", "SECRETCLINIC"],
  "00081030": ["LO", "FREETEXT DOE"],
  "0008103e": ["LO", "FREETEXT"],
  "00100010": ["PN", "DOE^JANE"],
  "00100020": ["LO", "MRN-4711"],
  "00100021": ["LO", "SECRETCLINIC"],
  "00100030": ["DA", "19700229"],
  "00104000": ["LT", "FREETEXT"],
  // sites write what they like into coded attributes, too
  "00180015": ["CS", "DOE JANE"],
  "00185101": ["CS", "DOE"],
  "0020000d": ["UI", "1.2.826.99.2"],
  "0020000e": ["UI", "1.2.826.99.3"],
  "00200010": ["SH", "MRN-4711"],
  "00281055": ["LO", "FREETEXT"],
  "00324000": ["LT", "FREETEXT"],
  "00401001": ["SH", "MRN-4711"],
  "00091001": ["LO", "DOE^JANE"],
};
const broken: readonly (readonly [string, Elements, WriteOptions?])[] = [
  ["good", {}],
  ["photometric", { "00280004": ["CS", "DOE^JANE"] }],
  ["modality", { "00080060": ["CS", "DOE"] }],
  ["frames", { "00280008": ["IS", "DOE"] }],
  ["window", { "00281050": ["DS", "DOE"], "00281051": ["DS", "19700229"] }],
  ["slope", { "00281053": ["DS", "DOE"] }],
  ["lut", { "00283000": ["SQ", [{ "00283002": ["US", [9, 0, 16]], "00283003": ["LO", "DOE"] }]] }],
  ["syntax", {}, { syntax: "1.2.826.99.77" }],
  [
    "fragments",
    { "7fe00010": ["OB", fragments([], [Buffer.from("DOE^JANE MRN-4711 FREETEXT")])] },
    { syntax: "1.2.840.10008.1.2.4.70" },
  ],
  ["report", { "00080016": ["UI", "1.2.840.10008.5.1.4.1.1.88.11"], "0040a160": ["UT", "FREETEXT DOE"] }],
];

async function everything(): Promise<string> {
  const said: unknown[] = [];
  const files = Object.fromEntries(
    broken.map(([name, more, options], i) => [
      `DOE_JANE/${name}`,
      writeDicom({ ...image(), ...hidden, "00080018": ["UI", `1.2.826.99.${i}`], ...more }, options),
    ]),
  );
  const root = await makeFolder({
    ...files,
    "DOE_JANE/MRN-4711.txt": "x",
    "labels.csv": "path,label\nDOE_JANE/absent,DOE\n",
  });
  const context = testContext(root, {
    log: (message) => said.push(message),
    hashGroup: (identity) => createHmac("sha256", "key").update(identity).digest("hex").slice(0, 16),
  });
  const note = (error: unknown): number =>
    said.push(String(error), (error as Error).stack, JSON.stringify(error), String((error as Error).cause));
  for (const window of ["dicom", "none", "percentile"] as const) {
    const options = dicom.options.parse({ path: root, window, label: { attribute: "ViewPosition" } });
    const index = await dicom.index(options, context);
    // the paths that a user gives are the user's own
    said.push({
      ...index,
      items: index.items.map(({ source, ...rest }) => ({ ...rest, source: { ...source, path: "" } })),
    });
    for (const item of index.items) {
      try {
        const record = await dicom.decode(item, { ...context, options, target: { size: 4, channels: 1 } });
        said.push({ ...record, data: [...record.data] });
      } catch (error) {
        note(error);
      }
    }
    for (const name of Object.keys(files)) {
      try {
        const seen = await dicom.inspect?.(join(root, name), { stage: "values", options }, context);
        said.push({ ...seen, data: undefined });
      } catch (error) {
        note(error);
      }
    }
    await dicom.index({ ...options, labels: "labels.csv" }, context).catch(note);
  }
  return JSON.stringify(said).replaceAll(root, "");
}

test("nothing planted comes out of index, decode, inspect, warnings, notes or errors", async () => {
  const text = await everything();
  expect(text.length).toBeGreaterThan(5000);
  expect(planted.filter((word) => text.includes(word))).toEqual([]);
});

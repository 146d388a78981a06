import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Proposal } from "./proposal.ts";
import { writeProposal } from "./write-config.ts";

const proposal: readonly Proposal[] = [
  { key: "batchSize", value: 16, now: 128, setting: "batchSize=16", reason: "few images" },
  { key: "views.globalScale", value: [0.5, 1], now: [0.3, 1], setting: "views.globalScale=[0.5,1]", reason: "" },
  { key: "encoder.name", value: "resnet10", now: "vit_tiny", setting: "encoder.name=resnet10", reason: "" },
];
const said = { value: { dataset: { id: "folder", options: { path: "x" } }, seed: 3 }, source: "flags" };

function fileOf(name: string, text?: string): string {
  const file = join(mkdtempSync(join(tmpdir(), "lejepa-write-")), name);
  if (text !== undefined) writeFileSync(file, text);
  return file;
}

test("a new file holds what the user said and the proposal", async () => {
  const file = fileOf("lejepa.config.json");
  expect(await writeProposal(file, said, proposal)).toEqual({ file, changed: true });
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({
    ...said.value,
    batchSize: 16,
    views: { globalScale: [0.5, 1] },
    encoder: { name: "resnet10" },
  });
});

test("JSON is edited in place", async () => {
  const text = `{\n    "dataset": { "id": "folder", "options": { "path": "x" } },\n    "batchSize": 128,   "seed": 1\n}\n`;
  const file = fileOf("lejepa.config.json", text);
  expect(await writeProposal(file, said, proposal)).toEqual({ file, changed: true });
  const after = readFileSync(file, "utf8");
  expect(after).toContain('"dataset": { "id": "folder", "options": { "path": "x" } },');
  expect(after).toContain('"batchSize": 16,');
  expect(JSON.parse(after)).toMatchObject({ seed: 1, views: { globalScale: [0.5, 1] }, encoder: { name: "resnet10" } });
});

const script = `// What is trained.
import { defineConfig } from "@lejepa/contracts";

const path = "x"; // computed
export default defineConfig({
  dataset: { id: "folder", options: { path } },
  // why so many
  batchSize: 128,
  views: { locals: 2 },
});
`;

test("TypeScript keeps its comments and code, and the file as it was lies beside it", async () => {
  const file = fileOf("lejepa.config.ts", script);
  expect(await writeProposal(file, said, proposal)).toEqual({ file, changed: true, backup: `${file}.bak` });
  expect(readFileSync(`${file}.bak`, "utf8")).toBe(script);
  const after = readFileSync(file, "utf8");
  for (const kept of ["// What is trained.", "// computed", "// why so many", "options: { path }", "batchSize: 16"])
    expect(after).toContain(kept);
  expect(after.endsWith("\n")).toBe(true);
  // an earlier copy is not lost
  writeFileSync(file, script);
  expect(await writeProposal(file, said, proposal)).toMatchObject({ backup: `${file}.bak1` });
});

const unsafe: readonly (readonly [string, string])[] = [
  [
    "a function's result",
    `const make = (o: object) => ({ ...o });\nexport default make({ dataset: { id: "folder" }, batchSize: 4, ...{ batchSize: 5 } });\n`,
  ],
  ["a value from elsewhere", `const all = [{ dataset: { id: "folder" } }];\nexport default all[0];\n`],
  [
    "a value that is replaced later",
    `export default Object.assign({ dataset: { id: "folder" } }, { batchSize: 7 });\n`,
  ],
  ["broken code", "export default {"],
];

test.each(unsafe)("what cannot be edited safely stays as it is: %s", async (_, text) => {
  const file = fileOf("lejepa.config.ts", text);
  const written = await writeProposal(file, said, proposal);
  expect(written).toMatchObject({
    problem: expect.stringMatching(/cannot be edited safely.*Set by hand: batchSize=16, /s) as string,
  });
  expect(readFileSync(file, "utf8")).toBe(text);
  expect(readdirSync(join(file, ".."))).toEqual(["lejepa.config.ts"]);
});

test("nothing to write leaves the file alone", async () => {
  const file = fileOf("lejepa.config.ts", script);
  expect(await writeProposal(file, said, [])).toEqual({ file, changed: false });
  expect(existsSync(`${file}.bak`)).toBe(false);
});

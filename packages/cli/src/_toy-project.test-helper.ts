// A project folder with a dataset plugin of its own, as a user would write one: small text files whose contents say what their
// pixels are, and whose headers hold things that must never be shown.
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** What must not turn up anywhere. */
export const planted = "DOE^JANE 1970-01-31";

/** One file of the toy format. */
export interface ToyFile {
  /** Decides the pixels; equal values, equal pixels. */
  readonly value: number;
  readonly label?: string;
  readonly group?: string;
  readonly split?: string;
  readonly fault?: "abort" | "throw";
  /** Differs though the pixels are the same. */
  readonly salt?: number;
}

// the built file: the command runs without the tests' loaders
const contracts = new URL("../../contracts/dist/index.js", import.meta.url).href;
const zod = pathToFileURL(createRequire(import.meta.url).resolve("zod")).href;

const plugin = `
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { defineDataset } from "${contracts}";
import { z } from "${zod}";

const read = (path) => JSON.parse(readFileSync(path, "utf8").split("\\n")[1]);
const fail = (file) => {
  if (file.fault === "abort") process.abort();
  if (file.fault === "throw") throw new Error("cannot be decoded");
};
const pixel = (value, x, y, c) => Math.round(100 + 80 * Math.sin(value + (x + 1) * (value % 7 + 1) * 3) * Math.cos((y + c) * (value % 5 + 1) * 3 + value));

export const toy = defineDataset({
  id: "toy",
  title: "Toy scans",
  license: "MIT",
  citation: "",
  module: import.meta.url,
  options: z.strictObject({ path: z.string(), add: z.number().default(0) }),
  async index({ path }) {
    const names = readdirSync(path).filter((name) => name.endsWith(".toy")).sort();
    return {
      items: names.map((name) => {
        const { label, group, split, value } = read(join(path, name));
        const facts = { modality: value % 2 === 0 ? "CT" : "MR", rows: 20 + (value % 3), columns: 20 };
        return { id: name, facts, source: { path: join(path, name) }, ...(label && { label }), ...(group && { group }), ...(split && { split }) };
      }),
      skipped: [{ reason: "reports", count: 2, examples: ["r1", "r2"] }],
      warnings: ["One series has a gap."],
    };
  },
  async decode({ source }, { target: { size, channels } }) {
    const file = read(source.path);
    fail(file);
    const data = Uint8Array.from({ length: size * size * channels }, (_, i) =>
      pixel(file.value, Math.floor(i / channels) % size / size, Math.floor(i / channels / size) / size, 0));
    return { data, width: size, height: size, channels, dtype: "uint8" };
  },
  recognises: (head) => new TextDecoder().decode(head.subarray(0, 4)) === "TOY1",
  async inspect(path, { stage, options }) {
    const file = read(path);
    fail(file);
    const data = Int16Array.from({ length: 12 }, (_, i) => file.value * (i + 1) + options.add);
    return { facts: { modality: "CT", stage }, shape: [1, 2, 3, 2], axes: ["frames", "rows", "cols", "samples"], dtype: "int16", data };
  },
  domain: { name: "medical", reason: "Toys are patients." },
});
`;

/** Makes the project: \`scans/NAME.toy\`, the plugin as an installed package; returns its folder. */
export function makeToyProject(files: Readonly<Record<string, ToyFile>>): string {
  const folder = mkdtempSync(join(tmpdir(), "lejepa-toy-"));
  const home = join(folder, "node_modules/@lejepa/dataset-toy");
  mkdirSync(home, { recursive: true });
  writeFileSync(
    join(home, "package.json"),
    JSON.stringify({ name: "@lejepa/dataset-toy", type: "module", exports: "./index.js" }),
  );
  writeFileSync(join(home, "index.js"), plugin);
  writeFileSync(join(folder, "package.json"), "{}");
  mkdirSync(join(folder, "scans"));
  for (const [name, file] of Object.entries(files))
    writeFileSync(join(folder, "scans", `${name}.toy`), `TOY1 ${planted}\n${JSON.stringify(file)}\n`);
  return folder;
}

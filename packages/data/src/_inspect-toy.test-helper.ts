// A dataset for tests of looking at single files: what is in a file says what looking at it does.
import { readFile } from "node:fs/promises";
import { defineDataset, LejepaError } from "@lejepa/contracts";
import { z } from "zod";

/** What a file may do. */
const inspectFaults: Readonly<Record<string, () => never>> = {
  abort: () => process.abort(),
  hang() {
    for (;;);
  },
  typed() {
    throw new LejepaError({ code: "E_DATA", where: "toy", expected: "a sound file", got: "this", hint: "Ask again." });
  },
};

/** The plugin. */
export const inspectToy = defineDataset({
  id: "inspect-toy",
  title: "Toy",
  license: "MIT",
  citation: "",
  module: import.meta.url,
  options: z.strictObject({ path: z.string(), add: z.number().default(0) }),
  index: () => Promise.resolve({ items: [] }),
  decode: () => Promise.reject(new Error("not decoded here")),
  async inspect(path, { options, stage, frame = 0 }) {
    const text = await readFile(path, "utf8");
    inspectFaults[text]?.();
    if (text === "broken") throw new Error(`cannot read ${path}:\n  it is broken`);
    return {
      facts: { stage, frame },
      shape: [1, 1, 2],
      axes: ["rows", "cols", "samples"],
      dtype: "int16",
      data: Int16Array.of(text.length, options.add),
    };
  },
  domain: { name: "natural", reason: "test" },
});

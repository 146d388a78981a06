// Damaged files, a few of every kind: each ends in an image of the right size or an error with a code.
import { readFileSync } from "node:fs";
import { isLejepaError, type Inspection } from "@lejepa/contracts";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { inspect } from "./_files.test-helper.ts";

const files = ["plain.json", "compressed.json"].flatMap((name) => {
  const text = readFileSync(new URL(`../fixtures/${name}`, import.meta.url), "utf8");
  const { cases } = JSON.parse(text) as { cases: Record<string, { file: string }> };
  return Object.values(cases).map(({ file }) => Buffer.from(file, "base64"));
});
const mutant = fc.record({
  file: fc.nat(files.length - 1),
  edits: fc.array(fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), byte: fc.nat(255) }), { maxLength: 12 }),
  keep: fc.oneof({ weight: 3, arbitrary: fc.constant(1) }, fc.double({ min: 0, max: 1, noNaN: true })),
});

const isRight = (result: Inspection | unknown): boolean => {
  if (isLejepaError(result, "E_DECODE")) return /^DICOM file: [ -~]+\.$/.test(result.message);
  const { data, shape } = result as Inspection;
  return data.length === shape.reduce((product, n) => product * n, 1);
};

test("a mutant is an image or an error", async () => {
  await fc.assert(
    fc.asyncProperty(mutant, async ({ file, edits, keep }) => {
      const bytes = Buffer.from(files[file] as Buffer);
      for (const { at, byte } of edits) bytes[128 + Math.floor(at * (bytes.length - 129))] = byte;
      const cut = bytes.subarray(0, Math.ceil(keep * bytes.length));
      const result = await inspect(cut, { stage: "display" }).catch((error: unknown) => error);
      expect(isRight(result)).toBe(true);
    }),
    { numRuns: 300, seed: 4 },
  );
});

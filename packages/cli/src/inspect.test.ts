// `lejepa inspect` from outside, on a user's own format.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { beforeAll, expect, test } from "vitest";
import { lejepa } from "./_cli.test-helper.ts";
import { makeToyProject, planted } from "./_toy-project.test-helper.ts";

let cwd: string;
beforeAll(() => {
  cwd = makeToyProject({
    good: { value: 3 },
    other: { value: -2 },
    bad: { value: 1, fault: "throw" },
    deadly: { value: 1, fault: "abort" },
  });
  writeFileSync(join(cwd, "text.toy"), "nothing");
});

const files = (...names: string[]): string[] => names.map((name) => join("scans", `${name}.toy`));
const sha256 = (array: Int16Array): string => createHash("sha256").update(new Uint8Array(array.buffer)).digest("hex");

test("one line of JSON a file, whatever the others do to their decoder", async () => {
  const { status, stdout, stderr } = await lejepa(
    ["inspect", ...files("good", "bad", "deadly", "none", "other"), "--dataset", "toy", "--json"],
    { cwd },
  );
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.map(({ file }) => file)).toEqual(files("good", "bad", "deadly", "none", "other"));
  const values = Int16Array.from({ length: 12 }, (_, i) => 3 * (i + 1));
  const even = values.filter((_, i) => i % 2 === 0);
  expect(lines[0]).toMatchObject({
    format: "toy",
    facts: { modality: "CT", stage: "stored" },
    shape: [1, 2, 3, 2],
    dtype: "int16",
    sha256: sha256(values),
  });
  expect((lines[0]?.["channels"] as object[] | undefined)?.[0]).toMatchObject({
    min: 3,
    max: 33,
    mean: 18,
    validCount: 6,
    sha256: sha256(even),
  });
  expect(lines[1]).toMatchObject({
    error: { code: "E_DECODE", message: expect.stringMatching(/bad\.toy: cannot be decoded$/) as string },
  });
  expect(lines[2]).toMatchObject({
    error: { code: "E_DATA", message: expect.stringMatching(/deadly\.toy.*crashed/) as string },
  });
  expect(lines[3]).toMatchObject({ error: { code: "E_DATA" } });
  expect(lines[4]).toMatchObject({ dtype: "int16" });
  expect([status, stderr]).toEqual([1, ""]);
  expect(stdout).not.toContain(planted.slice(0, 8));
});

test("for people a small table; an option of the plugin by --set", async () => {
  const { status, stdout, stderr } = await lejepa(
    ["inspect", ...files("good"), "--dataset", "toy", "--set", "add=10"],
    { cwd },
  );
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/good\.toy: toy, stored, 1 frames x 2 rows x 3 cols x 2 samples, int16/);
  expect(stdout).toMatch(/modality +CT/);
  expect(stdout).toMatch(/ 0 +13 +43 +28 /);
});

test("the picture of stage display", async () => {
  const call = ["inspect", ...files("good"), "--dataset", "toy", "--stage", "display", "--out", "pictures/good.png"];
  expect(await lejepa(call, { cwd })).toMatchObject({ status: 0 });
  const { data, info } = await sharp(readFileSync(join(cwd, "pictures/good.png")))
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect(info).toMatchObject({ width: 3, height: 2 });
  expect([data[0], data[(info.width * info.height - 1) * info.channels]]).toEqual([0, 232]);
});

const wrong: readonly (readonly [call: string, message: RegExp])[] = [
  ["inspect", /^E_USAGE .*FILES/],
  ["inspect a --dataset geotif", /Did you mean geotiff\?$/],
  ["inspect a --dataset toy --set ad=1", /^E_DATASET_OPTIONS .*Did you mean "add"/],
  ["inspect a b --stage display --out x.png", /^E_USAGE --out: expected one file/],
];

test.each(wrong)("%s", async (call, message) => {
  const { status, stderr, stdout } = await lejepa(call.split(" "), { cwd });
  expect(stderr.trim()).toMatch(message);
  expect([status, stdout]).toEqual([2, ""]);
});

import { expect, test } from "vitest";
import { help, readOptions } from "./options.ts";

test("defaults are every device, ten minutes", () => {
  expect(readOptions([])).toMatchObject({ out: "gpu-check", minutes: 10, quick: false, help: false });
  expect(readOptions(["--device", "cpu", "--device", "cuda"]).device).toEqual(["cpu", "cuda"]);
  expect(help).toContain("--minutes");
});

test.each([
  [["--fast"], /^gpu-check: .*--fast.*--help/],
  [["--minutes", "soon"], /^--minutes: expected a positive number, got soon\./],
])("%s is refused", (args, message) => {
  expect(() => readOptions(args)).toThrow(message);
});

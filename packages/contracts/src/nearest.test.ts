import * as fc from "fast-check";
import { expect, test } from "vitest";
import { configKeys } from "./config-docs.ts";
import { nearest } from "./nearest.ts";

test("finds what was meant", () => {
  const keys = ["globals", "globalSize", "globalScale", "locals", "localSize", "localScale", "ratio"];
  expect(nearest("local", keys)).toBe("locals");
  expect(nearest("LOCALS", keys)).toBe("locals");
  expect(nearest("golbals", keys)).toBe("globals");
  expect(nearest("globalsize", keys)).toBe("globalSize");
});

test("stays silent when nothing is near", () => {
  expect(nearest("temperature", ["ratio", "locals"])).toBeUndefined();
  expect(nearest("", ["a"])).toBeUndefined();
  expect(nearest("a", [])).toBeUndefined();
  expect(nearest("xy", ["ab"])).toBeUndefined();
});

test("one slip of the finger in any config key is recognised", () => {
  const names = [...new Set(configKeys().map(({ path }) => path.slice(path.lastIndexOf(".") + 1)))];
  const long = names.filter((name) => name.length >= 4);
  fc.assert(
    fc.property(fc.constantFrom(...long), fc.nat(), fc.constantFrom("drop", "double", "swap"), (name, place, slip) => {
      const at = place % (name.length - 1);
      const [head, a, b, tail] = [name.slice(0, at), name[at], name[at + 1], name.slice(at + 2)];
      const middle = { drop: b, double: `${a}${a}${b}`, swap: `${b}${a}` }[slip];
      expect(nearest(`${head}${middle}${tail}`, [name, "something", "else"])).toBe(name);
    }),
  );
});

import { expect, test } from "vitest";
import { expectClasses } from "./labels.ts";

const store = { classes: ["cat", "dog"], labels: Int32Array.of(0, 0, 1, -1) };

test("two classes pass; one or none is an error with what to do", () => {
  expect(() => expectClasses("compare", store)).not.toThrow();
  expect(() => expectClasses("compare", store, Uint32Array.of(0, 2))).not.toThrow();
  expect(() => expectClasses("compare", store, Uint32Array.of(0, 1, 3))).toThrow(
    "compare: expected labelled images of at least 2 classes, got 1 class (cat). Put the images of each class into a folder",
  );
  expect(() => expectClasses("compare", store, Uint32Array.of(3))).toThrow("got no labels");
});

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { caught } from "./_caught.test-helper.ts";
import { applySettings } from "./config-set.ts";

const base = { dataset: { id: "folder" }, views: { globals: 2, locals: 6 } };

test("sets values of every kind without touching the original", () => {
  const before = structuredClone(base);
  expect(
    applySettings(base, [
      "views.locals=4",
      "views.globalScale=[0.4, 1]",
      "encoder.name=resnet18",
      "threads=null",
      "augment.rotation.degrees=20",
      "optimizer.learningRate=1e-3",
    ]),
  ).toEqual({
    dataset: { id: "folder" },
    views: { globals: 2, locals: 4, globalScale: [0.4, 1] },
    encoder: { name: "resnet18" },
    threads: null,
    augment: { rotation: { degrees: 20 } },
    optimizer: { learningRate: 1e-3 },
  });
  expect(base).toEqual(before);
});

test("later settings win; text stays text where text is wanted", () => {
  expect(applySettings({}, ["seed=1", "seed=2", "data.cacheDir=2024", "dataset.id=3"])).toEqual({
    seed: 2,
    data: { cacheDir: "2024" },
    dataset: { id: "3" },
  });
});

test("the plugin's own options are free, and may hold an equals sign", () => {
  expect(applySettings(base, ["dataset.options.path=a=b", "dataset.options.deep.er=1"])).toMatchObject({
    dataset: { id: "folder", options: { path: "a=b", deep: { er: 1 } } },
  });
});

test.each([
  ["views.local=3", "--set views.local: expected one of the keys globals, globalSize,", "Did you mean views.locals?"],
  ["batchsize=3", "--set batchsize: expected one of the keys dataset,", "Did you mean batchSize?"],
  ["augment.colorJitter.hues=0", "--set augment.colorJitter.hues:", "Did you mean augment.colorJitter.hue?"],
  ["views.locals.more=1", "--set views.locals.more: expected no key below views.locals", "more"],
  ["views.ratio.0=1", "--set views.ratio.0: expected no key below views.ratio", "0"],
  ["dataset.options.__proto__.x=1", "--set dataset.options.__proto__.x:", "__proto__"],
  ["views", "--set: expected key.path=value", '"views"'],
  ["=3", "--set: expected key.path=value", '"=3"'],
])("%s is refused", (setting, start, part) => {
  const { code, message } = caught(() => applySettings(base, [setting]));
  expect(code).toBe("E_USAGE");
  expect(message.startsWith(start), message).toBe(true);
  expect(message).toContain(part);
});

test("a value above the key is an error, not lost", () => {
  expect(() => applySettings({ views: 5 }, ["views.locals=1"])).toThrow("expected an object above locals, got 5");
});

test("numbers arrive as they were written", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const text = JSON.stringify(value);
      expect(applySettings({}, [`optimizer.learningRate=${text}`])).toEqual({
        optimizer: { learningRate: JSON.parse(text) },
      });
    }),
  );
});

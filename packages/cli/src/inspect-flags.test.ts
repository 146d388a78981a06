import { defineDataset } from "@lejepa/contracts";
import { expect, test } from "vitest";
import { z } from "zod";
import { inspectOptions, parseRequest } from "./inspect-flags.ts";

test("stage, frame and window", () => {
  expect(parseRequest({ stage: "values" })).toEqual({ stage: "values" });
  expect(parseRequest({ stage: "display", frame: 2, window: "1, 2,30,40" })).toEqual({
    stage: "display",
    frame: 2,
    window: { x: 1, y: 2, width: 30, height: 40 },
  });
});

test.each(["1,2,3", "1,2,3,4,5", "1,2,0,4", "a,2,3,4", "-1,2,3,4", "1,,3,4", "1.5,2,3,4"])(
  "no window: %s",
  (window) => {
    expect(() => parseRequest({ stage: "stored", window })).toThrow(/^--window: expected x,y,width,height/);
  },
);

test("no stage", () => {
  expect(() => parseRequest({ stage: "shown" })).toThrow(/^--stage: expected stored, values, display, got shown\./);
  expect(() => parseRequest({ stage: "store" })).toThrow(/Did you mean stored\?$/);
});

function pluginWith(options: z.ZodType): Parameters<typeof inspectOptions>[0] {
  const nothing = (): Promise<never> => Promise.reject(new Error("not called"));
  const domain = { name: "natural", reason: "test" };
  const about = { id: "toy", title: "Toy", license: "MIT", citation: "", domain };
  return defineDataset({ ...about, options, index: nothing, decode: nothing }) as never;
}

test("options of the plugin, JSON or text, with the file as path where it takes one", () => {
  const window = z.union([z.string(), z.tuple([z.number(), z.number()])]).default("none");
  const withPath = pluginWith(z.strictObject({ path: z.string(), window }));
  expect(inspectOptions(withPath, ["window=lung"], "f")).toEqual({ path: "f", window: "lung" });
  expect(inspectOptions(withPath, ["dataset.options.window=[40,400]"], "f")).toEqual({ path: "f", window: [40, 400] });
  expect(inspectOptions(pluginWith(z.strictObject({ window })), [], "f")).toEqual({ window: "none" });
  expect(() => inspectOptions(withPath, ["window"], "f")).toThrow(/^--set: expected option=value, got window/);
  expect(() => inspectOptions(withPath, ["windw=1"], "f")).toThrow(/Did you mean "window"/);
});

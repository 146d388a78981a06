import { expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { objectiveDefaults } from "./objective-defaults.ts";
import {
  configToJson,
  defineConfig,
  parseConfig,
  withImages,
  type Config,
  type ConfigInput,
  type ResolvedConfig,
} from "./config.ts";
import { bindDataset, defineDataset } from "./dataset.ts";
import { caught } from "./_caught.test-helper.ts";

const dataset = { id: "folder", options: { path: "photos" } };
const parse = (rest: object): Config => parseConfig({ dataset, ...rest }, "lejepa.config.ts");

const messageOf = (run: () => unknown): string => {
  const { code, message } = caught(run);
  expect(code).toBe("E_CONFIG");
  return message;
};

test("everything but the dataset has a default, and the defaults are the paper's", () => {
  const config = parse({});
  expect(config.views).toEqual({
    globals: 2,
    globalSize: 64,
    globalScale: null,
    locals: 6,
    localSize: 24,
    localScale: null,
    ratio: null,
    leastValid: 0.5,
  });
  const { views, augment } = withImages(config, { channels: 3 });
  expect(views).toMatchObject({ globalScale: [0.3, 1], localScale: [0.05, 0.3], ratio: [3 / 4, 4 / 3] });
  expect(augment).toEqual({
    policy: "natural",
    force: [],
    border: "reflect",
    horizontalFlip: { probability: 0.5 },
    colorJitter: { probability: 0.8, brightness: 0.4, contrast: 0.4, saturation: 0.2, hue: 0.1 },
    grayscale: { probability: 0.2 },
    gaussianBlur: { probability: 0.5, sigma: [0.1, 2] },
    solarize: { probability: 0.2, threshold: 0.5 },
  });
  expect(config.objective).toEqual(objectiveDefaults);
  expect(config.projector).toEqual({ hidden: [2048, 2048], outDim: 64 });
  expect(config.optimizer).toMatchObject({ learningRate: 5e-4, weightDecay: 5e-2, clipGradNorm: null });
  expect(config.schedule).toEqual({ epochs: 100, maxSteps: null, warmupEpochs: 10, finalFactor: 1e-3 });
});

test("values that follow from others", () => {
  expect(parse({ encoder: { name: "resnet18" } })).toMatchObject({
    views: { localSize: 28 },
    optimizer: { weightDecay: 5e-4 },
    encoder: { smallStem: true },
  });
  expect(parse({ encoder: { name: "resnet50" }, data: { imageSize: 256 }, views: { globalSize: 224 } })).toMatchObject({
    views: { localSize: 96 },
    encoder: { smallStem: false },
  });
  expect(
    parse({ data: { imageSize: 224 }, views: { globalSize: 224 }, encoder: { patchSize: 16 } }).views.localSize,
  ).toBe(96);
  expect(parse({ views: { localSize: 16 }, optimizer: { weightDecay: 0 } })).toMatchObject({
    views: { localSize: 16 },
    optimizer: { weightDecay: 0 },
  });
});

test("what only the images tell is filled in when they are known", () => {
  const config = parse({ augment: { grayscale: { probability: 0.3 } } });
  expect(config.data.channels).toBeNull();
  expect(config.augment).toEqual({ policy: null, force: [], border: null, grayscale: { probability: 0.3 } });
  const rgb = withImages(config, { channels: 3 });
  expect(rgb.data.channels).toBe(3);
  expect(rgb.augment).toMatchObject({ policy: "natural", grayscale: { probability: 0.3 } });
  // written to the run folder, read back and resolved again
  const again = parseConfig(configToJson(rgb), "again");
  expect(withImages(again, { channels: 3 })).toEqual(rgb);
  const notes: string[] = [];
  expect(withImages(parse({}), { channels: 12 }).augment.policy).toBe("generic-multichannel");
  const photographs = parse({ augment: { policy: "natural" } });
  const many = withImages(photographs, { channels: 12, note: (line) => notes.push(line) });
  expect(many.augment).toMatchObject({ grayscale: { probability: 0 }, colorJitter: { saturation: 0, hue: 0 } });
  expect(notes).toEqual([
    expect.stringContaining("colorJitter.saturation does not apply to 12 channels: "),
    expect.stringContaining("colorJitter.hue does not apply to 12 channels: "),
    expect.stringContaining("grayscale does not apply to 12 channels: "),
  ]);
  expect(messageOf(() => withImages(config, { channels: 1 }))).toBe(
    "config: augment.grayscale.probability: expected 0, got 0.3. Leave it out: it needs 3 channels and data.channels is 1 (one channel has no colour to lose, and the mean of many bands is no gray).",
  );
  expect(messageOf(() => withImages(rgb, { channels: 4, source: "run" }))).toBe(
    "run: data.channels: expected 4, as the images have, got 3. Leave it out.",
  );
  expect(parseConfig(configToJson(config), "again")).toEqual(config);
});

test("a complete configuration stays as it is, through JSON too", () => {
  const config = parse({ encoder: { name: "resnet10", width: 32 }, data: { channels: 1 }, seed: 3 });
  expect(parseConfig(config, "again")).toEqual(config);
  expect(parseConfig(configToJson(config), "again")).toEqual(config);
});

test.each([
  [
    { view: {} },
    'lejepa.config.ts: expected one of the keys dataset, data, views, augment, encoder, projector, objective, optimizer, schedule, batchSize, seed, device, deviceIndex, precision, threads, checkpoint, probe, got the unknown key "view". Did you mean "views"?',
  ],
  [
    { views: { local: 3 } },
    'lejepa.config.ts: views: expected one of the keys globals, globalSize, globalScale, locals, localSize, localScale, ratio, leastValid, got the unknown key "local". Did you mean "locals"?',
  ],
  [{ augment: { colorJitter: { hues: 0.1 } } }, 'Did you mean "hue"?'],
  [{ views: { locals: "3" } }, 'lejepa.config.ts: views.locals: expected integer >= 0, got "3".'],
  [{ views: { globals: 0 } }, "views.globals: expected integer >= 1, got 0."],
  [{ views: { globals: 1.5 } }, "views.globals: expected integer >= 1, got 1.5."],
  [
    { views: { globalScale: [0.3] } },
    "views.globalScale: expected [number > 0 and <= 1, number > 0 and <= 1] | null, got [0.3].",
  ],
  [{ views: { globalScale: [0.3, 2] } }, "views.globalScale.1: expected number > 0 and <= 1, got 2."],
  [{ objective: { lambda: 1 } }, "objective.lambda: expected number > 0 and < 1, got 1."],
  [
    { device: "wepgpu" },
    'device: expected "cpu" | "webgpu" | "cuda" | "tensorflow", got "wepgpu". Did you mean "webgpu"?',
  ],
  [{ precision: "float8" }, 'precision: expected "float32" | "tf32" | "float16" | "bfloat16", got "float8".'],
  [{ encoder: { name: "vit_tinny" } }, 'Did you mean "vit_tiny"?'],
  [{ threads: 0 }, "threads: expected integer >= 1 | null, got 0."],
  [{ batchSize: 1, seed: -1 }, "batchSize: expected integer >= 2, got 1. Also wrong: seed."],
  [{ projector: { hidden: [0] } }, "projector.hidden.0: expected integer >= 1, got 0."],
  [{ dataset: undefined }, "lejepa.config.ts: dataset: expected object, got nothing."],
  [{ dataset: { id: "" } }, 'lejepa.config.ts: dataset.id: expected non-empty string, got "".'],
])("%j is refused by name", (rest, message) => {
  expect(messageOf(() => parse(rest))).toContain(message);
});

test.each([
  [{ precision: "tf32" }, "precision: expected float32 on cpu, got tf32."],
  [{ precision: "float16" }, "precision: expected float32 on cpu, got float16."],
  [{ device: "webgpu", precision: "bfloat16" }, "precision: expected float32 or float16 on webgpu, got bfloat16."],
  [{ device: "webgpu", deviceIndex: 1 }, "deviceIndex: expected 0 on webgpu, got 1. Only cuda numbers its GPUs."],
  [{ views: { globalSize: 96 } }, "views.globalSize: expected at most data.imageSize (64), got 96."],
  [{ views: { localSize: 72 } }, "views.localSize: expected at most views.globalSize (64), got 72."],
  [{ views: { globalSize: 60 } }, "views.globalSize: expected a multiple of encoder.patchSize (8), got 60."],
  [{ views: { localSize: 20 } }, "views.localSize: expected a multiple of encoder.patchSize (8), got 20."],
  [{ views: { localScale: [0.3, 0.1] } }, "views.localScale: expected the smaller number first, got [0.3, 0.1]."],
  [{ views: { ratio: [2, 1] } }, "views.ratio: expected the smaller number first"],
  [{ augment: { gaussianBlur: { sigma: [2, 1] } } }, "augment.gaussianBlur.sigma: expected the smaller number first"],
  [{ views: { globals: 1, locals: 0 } }, "views.globals: expected at least 2 views in all, got 1."],
  [{ data: { splits: { validation: 0.5, test: 0.5 } } }, "data.splits: expected validation + test below 1, got 1."],
  [{ encoder: { width: 32 } }, "encoder.width: expected null for vit_tiny, got 32."],
  [{ encoder: { smallStem: true } }, "encoder.smallStem: expected null or false for vit_tiny, got true."],
  [{ encoder: { name: "resnet18", dropPath: 0.1 } }, "encoder.dropPath: expected 0 for resnet18, got 0.1."],
  [
    { schedule: { epochs: 5, warmupEpochs: 5 } },
    "schedule.warmupEpochs: expected fewer than schedule.epochs (5), got 5.",
  ],
  [{ data: { channels: 1 }, augment: { colorJitter: { hue: 0.1 } } }, "augment.colorJitter.hue: expected 0, got 0.1."],
  [
    { data: { channels: 4 }, augment: { grayscale: { probability: 1 } } },
    "augment.grayscale.probability: expected 0, got 1.",
  ],
])("%j does not fit together", (rest, message) => {
  expect(messageOf(() => parse(rest))).toContain(message);
});

test("values that are no configuration at all", () => {
  for (const value of [undefined, null, 5, "x", [], () => 1]) {
    expect(messageOf(() => parseConfig(value, "c.json"))).toMatch(/^c\.json: .*expected object/);
  }
});

const plugin = defineDataset({
  id: "toy",
  title: "Toy",
  license: "MIT",
  citation: "",
  options: z.strictObject({ path: z.string(), size: z.int().default(3) }),
  index: async () => ({ items: [] }),
  decode: async () => {
    throw new Error("not used");
  },
  domain: { name: "natural", reason: "test" },
});

test("a bound dataset is checked with its plugin, and leaves the plugin out of JSON", () => {
  const config = parseConfig({ dataset: bindDataset(plugin, { path: "x" }) }, "c.ts");
  expect(config.dataset).toMatchObject({ id: "toy", options: { path: "x", size: 3 } });
  expect(config.dataset.plugin).toBe(plugin);
  expect(configToJson(config)["dataset"]).toEqual({ id: "toy", options: { path: "x", size: 3 } });
  expect(() => parseConfig({ dataset: { id: "toy", plugin, options: { paht: "x" } } }, "c.ts")).toThrow(
    'dataset toy: expected one of the keys path, size, got the unknown key "paht". Did you mean "path"?',
  );
  expect(messageOf(() => parseConfig({ dataset: { id: "toy", plugin: {} } }, "c.ts"))).toContain("dataset.plugin");
});

test("types: inputs are optional, outputs are complete", () => {
  expectTypeOf(defineConfig).parameter(0).toEqualTypeOf<ConfigInput>();
  expectTypeOf<Config["views"]["localSize"]>().toEqualTypeOf<number>();
  expectTypeOf<Config["encoder"]["smallStem"]>().toEqualTypeOf<boolean>();
  expectTypeOf<Config["optimizer"]["weightDecay"]>().toEqualTypeOf<number>();
  expectTypeOf<Config["data"]["channels"]>().toEqualTypeOf<number | null>();
  expectTypeOf<ResolvedConfig["data"]["channels"]>().toEqualTypeOf<number>();
  expectTypeOf<ResolvedConfig>().toExtend<Config>();
  expectTypeOf<Config["threads"]>().toEqualTypeOf<number | null>();
  expect(defineConfig({ dataset, views: { locals: 4 } })).toEqual({ dataset, views: { locals: 4 } });
  // @ts-expect-error: no such key
  defineConfig({ dataset, view: {} });
  // @ts-expect-error: a number is wanted
  defineConfig({ dataset, views: { locals: "4" } });
});

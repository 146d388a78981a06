import { expect, test } from "vitest";
import { caught } from "../_caught.test-helper.ts";
import { parseConfig, withImages, type ResolvedConfig, configToJson } from "../config.ts";
import { type OperationName, operationSchemas } from "./operations.ts";
import { policies } from "./policies.ts";
import { type AugmentationDefinition, defineAugmentation, operationOf } from "./policy.ts";
import { colourSettings, resolveAugmentation } from "./resolve.ts";

const config = (augment: object, rest: object = {}, channels = 3): ResolvedConfig =>
  withImages(parseConfig({ dataset: { id: "folder" }, augment, ...rest }, "my.json"), { channels, source: "my.json" });

test.each(Object.entries(policies))("%s: complete, reasoned, and allowed by itself", (name, policy) => {
  expect(policy.name).toBe(name);
  expect(policy.sources.length).toBeGreaterThan(0);
  expect(Object.keys(policy.operations).length).toBeGreaterThan(2);
  for (const reason of [...Object.values(policy.reasons), ...Object.values(policy.never)]) {
    expect(reason.length, reason).toBeGreaterThan(10);
  }
  for (const key of Object.keys(policy.never)) {
    const { augment } = config({ policy: name });
    const options = augment[operationOf(key) as OperationName] as Record<string, unknown> | undefined;
    const strength = options?.["probability"] === 0 ? 0 : options?.[key.split(".")[1] ?? "probability"];
    expect(strength ?? 0, key).toBe(0);
  }
});

test.each(Object.keys(policies).flatMap((name) => [1, 2, 3, 4, 5, 13].map((channels) => [name, channels] as const)))(
  "%s resolves for %i channels, without colour where there is none",
  (name, channels) => {
    const { augment, views } = config({ policy: name }, {}, channels);
    expect(augment.policy).toBe(name);
    expect(views.globalScale[0]).toBeLessThanOrEqual(views.globalScale[1]);
    for (const [operation, options] of Object.entries(augment)) {
      if (!(operation in operationSchemas)) continue;
      expect(operationSchemas[operation as OperationName].parse(options)).toEqual(options);
    }
    if (channels === 3) return;
    for (const key of Object.keys(colourSettings)) {
      const [operation = "", setting = "probability"] = key.split(".");
      const options = augment[operation as "grayscale"] as unknown as Record<string, number> | undefined;
      expect(options?.[setting] ?? 0, key).toBe(0);
    }
  },
);

test("the dataset's domain decides where nobody does; the user changes settings one by one", () => {
  const asked = parseConfig({ dataset: { id: "folder" }, augment: { colorJitter: { brightness: 0.7 } } }, "x").augment;
  const { augment, views } = resolveAugmentation(asked, { channels: 3, domain: "galaxy", source: "x" });
  expect(augment.policy).toBe("galaxy");
  expect(augment.colorJitter).toEqual({ probability: 0.8, brightness: 0.7, contrast: 0.2, saturation: 0, hue: 0 });
  expect(augment.rotation).toEqual({ probability: 1, degrees: 180 });
  expect(views.globalScale).toEqual([0.5, 1]);
  expect(resolveAugmentation(asked, { channels: 3, domain: "my-lab", source: "x" }).augment.policy).toBe("natural");
});

test("what a policy forbids is refused with its reason, unless forced", () => {
  const solarize = { policy: "medical", solarize: { probability: 0.3 } };
  expect(caught(() => config(solarize))).toMatchObject({
    code: "E_CONFIG",
    message:
      "my.json: augment.solarize.probability: expected 0: values are measurements: this would change what they mean (policy medical), got 0.3. " +
      'To have it nevertheless: augment.force=["solarize"]. Or choose another augment.policy.',
  });
  expect(config({ ...solarize, force: ["solarize"] }).augment.solarize).toEqual({ probability: 0.3, threshold: 0.5 });
  expect(config({ policy: "medical", solarize: { probability: 0 } }).augment.solarize?.probability).toBe(0);
  const hue = { policy: "medical", colorJitter: { hue: 0.1 } };
  expect(caught(() => config(hue)).message).toContain("augment.colorJitter.hue: expected 0: ");
  expect(config({ ...hue, force: ["colorJitter"] }).augment.colorJitter?.hue).toBe(0.1);
  // nor do an operation's own defaults bring it in
  expect(config({ policy: "medical", colorJitter: { brightness: 0.3 } }).augment.colorJitter).toEqual({
    probability: 0.8,
    brightness: 0.3,
    contrast: 0.4,
    saturation: 0,
    hue: 0,
  });
  // turning it on without a word on how often counts as asking
  expect(caught(() => config({ policy: "medical", verticalFlip: {} })).message).toContain("on their heads");
});

test.each([
  [
    { policy: "galaxie" },
    'augment.policy: expected one of the policies natural, .* got "galaxie". Did you mean galaxy\\?',
  ],
  [{ policy: 3 }, "augment.policy: expected the name of a policy, or one made with defineAugmentation, got 3"],
  [
    { force: ["solarise"] },
    'augment.force: expected one of the operations .* got "solarise". Did you mean solarize\\?',
  ],
  [{ rotation: { degree: 3 } }, 'got the unknown key "degree". Did you mean "degrees"\\?'],
  [{ gaussianBlur: { sigma: [2, 1] } }, "augment.gaussianBlur.sigma: expected the smaller number first"],
])("%j is refused", (augment, message) => {
  expect(caught(() => config(augment)).message).toMatch(new RegExp(message));
});

test("a policy of one's own goes through a run folder", () => {
  const mine = defineAugmentation({
    name: "my-galaxies",
    extends: policies["galaxy"]!,
    without: ["psf"],
    operations: { colorJitter: { brightness: 0.1 }, solarize: { probability: 0.1 } },
    reasons: { solarize: "our detector saturates" },
    never: { verticalFlip: "our spirals have a sense" },
    views: { localScale: [0.3, 0.5] },
  });
  expect(mine.never).not.toHaveProperty("solarize");
  expect(mine.never).toHaveProperty("grayscale");
  expect(mine.operations.verticalFlip).toBeUndefined();
  const resolved = config({ policy: mine });
  expect(resolved.augment).toMatchObject({
    colorJitter: { brightness: 0.1, contrast: 0.2 },
    solarize: { probability: 0.1 },
  });
  expect(resolved.augment.psf).toBeUndefined();
  expect(resolved.views).toMatchObject({ globalScale: [0.5, 1], localScale: [0.3, 0.5] });
  const read = parseConfig(configToJson(resolved), "run");
  expect(withImages(read, { channels: 3 })).toEqual(resolved);
});

test.each<[AugmentationDefinition, string]>([
  [{ name: "My Policy" }, 'expected a name of lower-case letters, digits and dashes, got "My Policy"'],
  [{ name: "x", operations: { solarize: {} } }, "policy x: expected a reason for solarize, got none"],
  [{ name: "x", never: { solarise: "no" } }, "policy x: expected one of the operations"],
])("defineAugmentation refuses %j", (definition, message) => {
  expect(caught(() => defineAugmentation(definition)).message).toContain(message);
});

test("reddening of bands that nobody named is left out, or needs coefficients", () => {
  expect(config({ policy: "natural", reddening: {} }, {}, 3).augment.reddening?.coefficients).toBe(null);
  expect(caught(() => config({ policy: "natural", reddening: { probability: 0.5 } }, {}, 2)).message).toMatch(
    /reddening.probability: expected 0, got 0.5. Leave it out: .* \(which bands they are .*coefficients\)\.$/,
  );
  // two coefficients are no range
  const coefficients = [3.3, 2.3];
  expect(config({ policy: "natural", reddening: { coefficients } }, {}, 2).augment.reddening).toMatchObject({
    probability: 0.5,
    coefficients,
  });
});

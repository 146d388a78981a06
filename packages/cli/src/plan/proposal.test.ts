import { test as property, fc } from "@fast-check/vitest";
import { encoderNames, parseConfig } from "@lejepa/contracts";
import { expect, test } from "vitest";
import type { ConfigBase } from "../resolve-config.ts";
import { type ImageFacts, type Proposal, propose, withProposals } from "./proposal.ts";

const dataset = { id: "folder", options: { path: "x" } };
const plain: ImageFacts = { images: 50_000, channels: 3, gray: false, domain: "natural" };

function proposed(value: object, facts: Partial<ImageFacts>, fixed: readonly string[] = []): Record<string, unknown> {
  const said: ConfigBase = { value: { dataset, ...value }, source: "test" };
  const config = parseConfig(said.value, "test");
  const list = propose(said, config, { facts: { ...plain, ...facts }, fixed: new Set(fixed) });
  return Object.fromEntries(list.map(({ key, value: to }) => [key, to]));
}

test("the defaults suit many images of a good size", () => {
  expect(proposed({ data: { imageSize: 96 } }, { side: 500 })).toEqual({});
});

test("few images want small batches, small encoders, more epochs", () => {
  const few = proposed({ encoder: { name: "vit_base" } }, { images: 200 });
  expect(few).toMatchObject({ batchSize: 16, "encoder.name": "vit_tiny" });
  expect(proposed({ schedule: { epochs: 3 } }, { images: 200 })).toMatchObject({ "schedule.epochs": 84 });
});

test("small images want small views", () => {
  expect(proposed({ data: { imageSize: 96 } }, { side: 28 })).toMatchObject({
    "views.globalSize": 24,
    "views.locals": 2,
    "data.imageSize": 24,
  });
});

test("gray images are stored with one channel, and the colour operations give way", () => {
  const said = { value: { dataset }, source: "test" };
  const list = propose(said, parseConfig(said.value, "test"), { facts: { ...plain, gray: true }, fixed: new Set() });
  expect(list.find(({ key }) => key === "data.channels")?.value).toBe(1);
  expect(withProposals(said, list).data.channels).toBe(1);
});

test("lambda follows the number of views (the paper's Table 7)", () => {
  expect(proposed({ views: { locals: 2 } }, {})).toMatchObject({ "objective.lambda": 0.02 });
  expect(proposed({ views: { locals: 0 } }, {})).toMatchObject({ "objective.lambda": 0.01 });
});

test("a domain's images want their own policy", () => {
  for (const domain of ["galaxy", "satellite-optical", "medical"])
    expect(proposed({}, { domain })).toEqual({ "augment.policy": domain });
  for (const domain of ["natural", "my-lab"]) expect(proposed({}, { domain })).toEqual({});
  expect(proposed({ augment: { policy: "natural" } }, { domain: "galaxy" }, ["augment.policy"])).toEqual({});
});

test("what this call fixes stays, unless it cannot work", () => {
  expect(proposed({ views: { locals: 2 } }, {}, ["objective.lambda"])).toEqual({});
  expect(proposed({}, { images: 20 }, ["batchSize"])).toMatchObject({ batchSize: 16 });
  expect(proposed({}, { images: 11 }, ["batchSize"])).toMatchObject({ batchSize: 8 });
});

const configs = fc.record({
  data: fc.record({ imageSize: fc.constantFrom(64, 96, 128), channels: fc.constantFrom(1, 3, 4) }),
  views: fc.record({
    globals: fc.constantFrom(1, 2),
    locals: fc.constantFrom(1, 6),
    globalSize: fc.constantFrom(32, 64),
  }),
  encoder: fc.record({ name: fc.constantFrom(...encoderNames) }),
  batchSize: fc.constantFrom(2, 64, 512),
});
const facts = fc.record({
  images: fc.nat(100_000),
  side: fc.integer({ min: 1, max: 3000 }),
  channels: fc.constantFrom(1, 3, 4),
  gray: fc.boolean(),
  domain: fc.constantFrom("natural", "medical", "satellite-optical", "galaxy", "other"),
});

property.prop([configs, facts], { numRuns: 15 })("configuration and proposals together are valid", (value, known) => {
  const said = { value: { dataset, ...value }, source: "test" };
  const list = propose(said, parseConfig(said.value, "test"), { facts: known, fixed: new Set() });
  const after = withProposals(said, list);
  for (const { key, value: wanted } of list as Proposal[])
    expect(key.split(".").reduce<unknown>((node, name) => (node as Record<string, unknown>)[name], after)).toEqual(
      wanted,
    );
});

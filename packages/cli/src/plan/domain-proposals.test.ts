import { parseConfig, policies } from "@lejepa/contracts";
import type { FactCount } from "@lejepa/data";
import { expect, test } from "vitest";
import { type DomainFacts, domainRules } from "./domain-proposals.ts";

const dataset = { id: "folder", options: { path: "x" } };
const photographs: DomainFacts = { domain: "natural", channels: 3 };

function proposed(facts: Partial<DomainFacts>, views: object = {}): Record<string, unknown> {
  const rules = domainRules({ ...photographs, ...facts }, parseConfig({ dataset, views }, "test"));
  return Object.fromEntries(rules.map(({ key, value }) => [key, value]));
}

function modalities(counts: Readonly<Record<string, number>>): FactCount[] {
  const values = Object.entries(counts).map(([value, count]) => ({ value, count }));
  const items = values.reduce((sum, { count }) => sum + count, 0);
  return [{ name: "modality", items, distinct: values.length, values }];
}

// a policy that is not there (yet) gives way to the domain's
const orElse = (name: string, other: string): string => (Object.hasOwn(policies, name) ? name : other);

test.each([
  [{ CT: 40 }, "ct"],
  [{ CT: 95, OT: 5 }, "ct"],
  [{ MR: 7 }, "mr"],
  [{ DX: 50, CR: 45, OT: 5 }, "xray"],
  [{ SM: 3 }, "microscopy"],
  [{ CT: 50, MR: 50 }, "medical"],
  [{ US: 10 }, "medical"],
])("modalities %o want %s", (counts, wanted) => {
  const facts = modalities(counts as Record<string, number>);
  expect(proposed({ domain: "medical", channels: 1, facts })).toEqual({ "augment.policy": orElse(wanted, "medical") });
});

test("only a medical dataset's modality counts", () => {
  expect(proposed({ facts: modalities({ CT: 10 }) })).toEqual({});
  expect(proposed({ domain: "medical" })).toEqual({ "augment.policy": "medical" });
});

test("radar by its polarisations, real numbers by their type, reflectances otherwise", () => {
  const ground = (facts: Partial<DomainFacts>): unknown =>
    proposed({ domain: "satellite-optical", ...facts })["augment.policy"];
  expect(ground({ channels: 2, channelNames: ["VV", "VH"] })).toBe(orElse("satellite-sar", "satellite-optical"));
  expect(ground({ channels: 1, channelNames: ["sigma0_vv"] })).toBe(orElse("satellite-sar", "satellite-optical"));
  expect(ground({ channels: 1, dtype: "float32" })).toBe(orElse("generic-multichannel", "satellite-optical"));
  const facts: FactCount[] = [{ name: "sampleFormat", items: 3, distinct: 1, values: [{ value: "float", count: 3 }] }];
  expect(ground({ channels: 2, facts })).toBe(orElse("generic-multichannel", "satellite-optical"));
  expect(ground({ channels: 4, dtype: "float32" })).toBe("satellite-optical");
  expect(ground({ channels: 3, dtype: "uint8", channelNames: ["red", "green", "blue"] })).toBe("satellite-optical");
});

test("channels that no photograph has want the policy for any channels, where there is one", () => {
  const wanted = Object.hasOwn(policies, "generic-multichannel") ? { "augment.policy": "generic-multichannel" } : {};
  expect(proposed({ channels: 5 })).toEqual(wanted);
  expect(proposed({ channels: 1 })).toEqual({});
});

test("small objects want larger local crops, unless the policy or the user has them", () => {
  expect(proposed({ objectArea: 0.04 })).toEqual({ "views.localScale": [0.2, 0.4] });
  expect(proposed({ objectArea: 0.04 }, { localScale: [0.2, 0.5] })).toEqual({});
  expect(proposed({ objectArea: 0.04 }, { locals: 0 })).toEqual({});
  const galaxy = policies["galaxy"]?.views.localScale ?? [0, 0];
  expect(proposed({ objectArea: 0.04, domain: "galaxy" })["views.localScale"] === undefined).toBe(galaxy[0] >= 0.142);
  expect(proposed({ objectArea: 0.6 })).toEqual({});
});

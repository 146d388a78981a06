import { readFileSync } from "node:fs";
import type { Inspection, StoredArray } from "@lejepa/contracts";
import { expect, test } from "vitest";
import { type ChannelSummary, summariseInspection } from "./inspect-summary.ts";

interface Case {
  readonly axes: Inspection["axes"];
  readonly shape: number[];
  readonly dtype: string;
  readonly values: (number | null)[];
  readonly mask: number[];
  readonly channels: Record<keyof ChannelSummary, number>[];
  readonly sha256: string;
}

const { cases } = JSON.parse(readFileSync(new URL("../fixtures/inspect.json", import.meta.url), "utf8")) as {
  cases: Case[];
};

const arrays: Readonly<Record<string, (values: number[]) => StoredArray>> = {
  uint8: (values) => Uint8Array.from(values),
  int16: (values) => Int16Array.from(values),
  uint16: (values) => Uint16Array.from(values),
  int32: (values) => Int32Array.from(values),
  uint32: (values) => Uint32Array.from(values),
  int64: (values) => BigInt64Array.from(values, BigInt),
  float32: (values) => Float32Array.from(values),
  float64: (values) => Float64Array.from(values),
};

test.each(cases)("$dtype $axes as NumPy sees it", ({ axes, shape, dtype, values, mask, channels, sha256 }) => {
  const data = arrays[dtype]?.(values.map((value) => value ?? Number.NaN)) as StoredArray;
  const summary = summariseInspection({ facts: {}, axes, shape, dtype, data, mask: Uint8Array.from(mask) });
  expect(summary).toMatchObject({ axes, shape, dtype, sha256 });
  expect(summary.channels).toHaveLength(channels.length);
  for (const [i, wanted] of channels.entries()) {
    const { mean, std, ...exact } = wanted;
    expect(summary.channels[i]).toMatchObject(exact);
    expect(summary.channels[i]?.mean).toBeCloseTo(mean, 9);
    expect(summary.channels[i]?.std).toBeCloseTo(std, 9);
  }
});

test("a channel without a valid value has no numbers", () => {
  const summary = summariseInspection({
    facts: {},
    axes: ["bands", "rows", "cols"],
    shape: [2, 1, 2],
    dtype: "float32",
    data: Float32Array.of(1, 2, Number.NaN, Number.NaN),
  });
  expect(summary.channels[0]).toMatchObject({ min: 1, max: 2, validCount: 2 });
  expect(summary.channels[1]).toMatchObject({ min: null, max: null, mean: null, std: null, validCount: 0 });
});

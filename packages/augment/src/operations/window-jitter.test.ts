import type { Operations } from "@lejepa/contracts";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, expect, test } from "vitest";
import { specFor } from "../_fixture.test-helper.ts";
import { applyViews } from "../apply.ts";
import { drawView } from "../draw.ts";
import { identityParameters, packViews, type ViewParameters } from "../parameters.ts";
import type { ImageForm, ViewGroup, ViewSpec } from "../spec.ts";
import { windowMargin } from "./window-jitter.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
  tf.enableProdMode();
});

const image: ImageForm = { height: 4, width: 4, channels: 1, dtype: "float32", range: [-1000, 400] };
const jitter: Operations = { windowJitter: { probability: 1, level: 0.1, width: 0.5 } };

function viewOf(spec: ViewSpec, values: readonly number[], view: Partial<ViewParameters> = {}): number[] {
  return tf.tidy(() => {
    const packed = spec.groups.map((group) => {
      const column = packViews(spec, group as ViewGroup, [{ ...identityParameters(image), ...view }]);
      return [`views.${group.name}`, tf.tensor2d(column, [column.length, 1])] as const;
    });
    const out = applyViews(tf.tensor4d([...values], [1, 4, 4, 1]), Object.fromEntries(packed), spec);
    return Array.from((out.local ?? out.global)?.dataSync() ?? []);
  });
}

test("what lies beyond the usual window comes into sight, and nothing is lost on the way", () => {
  const spec = specFor(image, { operations: jitter });
  expect(windowMargin(spec.groups)).toBeCloseTo(0.35, 12);
  // the farthest window to either side: values to 490 HU beyond
  const values = [-1490, -1400, -1000, -300, 0, 400, 800, 890];
  const hounsfield = [...values, ...values];
  for (const level of [-440, -160]) {
    const got = viewOf(spec, hounsfield, { values: { windowJitter: { level, width: 2100 } } });
    for (const [i, value] of hounsfield.entries()) {
      expect(got[i]).toBeCloseTo(Math.min(1, Math.max(0, (value - level) / 2100 + 0.5)), 5);
    }
  }
});

test("drawn windows are in the images' unit, within the settings", () => {
  const spec = specFor(image, { operations: jitter });
  for (let item = 0; item < 50; item++) {
    const { windowJitter } = drawView(spec, { group: "global", view: 0, seed: 0, epoch: 0, item }).values;
    const { level, width } = windowJitter as { level: number; width: number };
    expect(Math.abs(level + 300)).toBeLessThanOrEqual(140);
    expect(width).toBeGreaterThanOrEqual(700);
    expect(width).toBeLessThanOrEqual(2100);
    // so that the margin holds it
    expect(level - width / 2).toBeGreaterThanOrEqual(-1490);
    expect(level + width / 2).toBeLessThanOrEqual(890);
  }
});

test("views without a window of their own show black and white as ever, also beside a group that has one", () => {
  const hounsfield = Array.from({ length: 16 }, (_, i) => -1600 + 160 * i);
  const wanted = viewOf(specFor(image, {}), hounsfield);
  expect(Math.min(...wanted)).toBe(0);
  expect(Math.max(...wanted)).toBe(1);
  const plain = specFor(image, { name: "local" });
  const both = { ...plain, groups: [...specFor(image, { operations: jitter }).groups, ...plain.groups] };
  for (const got of [viewOf(specFor(image, { operations: jitter }), hounsfield), viewOf(both, hounsfield)]) {
    for (const [i, value] of wanted.entries()) expect(got[i]).toBeCloseTo(value, 6);
  }
});

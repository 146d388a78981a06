import { fc, test as property } from "@fast-check/vitest";
import { expect, test } from "vitest";
import { specFor } from "./_fixture.test-helper.ts";
import { drawView, drawViews } from "./draw.ts";
import { packViews, parameterLayout, viewSignature } from "./parameters.ts";
import type { ViewGroup, ViewOperations, ViewSpec } from "./spec.ts";

const everything: ViewOperations = {
  rotation: { p: 0.5, degrees: [-30, 30] },
  quarterTurn: { p: 0.75 },
  horizontalFlip: { p: 0.5 },
  verticalFlip: { p: 0.1 },
  colorJitter: {
    p: 0.8,
    ranges: { brightness: [0.6, 1.4], contrast: [0.7, 1.3], saturation: [0.8, 1.2], hue: [-0.1, 0.1] },
  },
  grayscale: { p: 0.2 },
  gaussianBlur: { p: 0.5, sigma: [0.1, 2], kernelSize: 13 },
  solarize: { p: 0.2, threshold: 0.5 },
};
const image = { height: 96, width: 80, channels: 3, dtype: "uint8" } as const;
const base = specFor(image, { views: 2, size: 64, operations: everything });
const spec: ViewSpec = {
  ...base,
  groups: [
    ...base.groups,
    { name: "local", views: 3, size: 28, scale: [0.05, 0.3], ratio: [3 / 4, 4 / 3], operations: everything },
  ],
};

test("fills what the signature declares", () => {
  const signature = viewSignature(spec, 4);
  expect(signature).toEqual({
    "views.global": { shape: [31, 8], dtype: "float32" },
    "views.local": { shape: [31, 12], dtype: "float32" },
  });
  const drawn = drawViews(spec, { seed: 1, epoch: 0, items: [5, 6, 7, 8] });
  for (const [name, { shape }] of Object.entries(signature)) {
    expect(drawn[name]?.length).toBe(shape.reduce((size, axis) => size * axis, 1));
    expect(drawn[name]?.every(Number.isFinite)).toBe(true);
  }
});

property.prop([
  fc.nat(),
  fc.nat({ max: 2 ** 32 - 1 }),
  fc.uniqueArray(fc.nat({ max: 2 ** 32 - 1 }), { minLength: 1, maxLength: 6 }),
])("a view is a function of seed, epoch, item and view: of neither the batch nor its order", (seed, epoch, items) => {
  const together = drawViews(spec, { seed, epoch, items });
  for (const group of spec.groups) {
    for (let view = 0; view < group.views; view++) {
      items.forEach((item, i) => {
        const alone = packViews(group, [drawView(spec, { group: group.name, view, seed, epoch, item })]);
        const column = Array.from(
          alone,
          (_, row) => together[`views.${group.name}`]?.[row * group.views * items.length + view * items.length + i],
        );
        expect(column).toEqual(Array.from(alone));
      });
    }
  }
});

test("seed, epoch, item, view and group each change the draw", () => {
  const one = { group: "global", view: 0, seed: 1, epoch: 2, item: 3 } as const;
  const drawn = drawView(spec, one);
  for (const other of [{ seed: 9 }, { epoch: 9 }, { item: 9 }, { view: 1 }, { group: "local" as const }]) {
    expect(drawView(spec, { ...one, ...other })).not.toEqual(drawn);
  }
  expect(drawView(spec, one)).toEqual(drawn);
});

test("values stay as they are: a run of an older version can be resumed", () => {
  expect(drawView(spec, { group: "local", view: 2, seed: 11, epoch: 3, item: 9 })).toMatchInlineSnapshot(`
    {
      "angle": -11.033803699538112,
      "blurSigma": 1.393230605404824,
      "flipX": true,
      "flipY": true,
      "grayscale": false,
      "height": 33,
      "jitter": [
        {
          "factor": 1.006721967831254,
          "operation": "brightness",
        },
        {
          "factor": 1.1306986913084984,
          "operation": "saturation",
        },
        {
          "factor": 1.2628740969114007,
          "operation": "contrast",
        },
        {
          "factor": 0.050185554800555116,
          "operation": "hue",
        },
      ],
      "left": 10,
      "quarterTurns": 3,
      "solarize": false,
      "top": 31,
      "width": 42,
    }
  `);
});

test("reuses arrays on request, and refuses those that do not fit", () => {
  const first = drawViews(spec, { seed: 1, epoch: 0, items: [1, 2] });
  const fresh = drawViews(spec, { seed: 1, epoch: 1, items: [3, 4] });
  const again = drawViews(spec, { seed: 1, epoch: 1, items: [3, 4], into: first });
  expect(again["views.global"]).toBe(first["views.global"]);
  expect(again).toEqual(fresh);
  expect(() => drawViews(spec, { seed: 1, epoch: 1, items: [3, 4, 5], into: first })).toThrow(
    'drawViews: expected into["views.global"] with 186 elements, got 124. Reuse arrays only with the same spec and batch size.',
  );
});

test("refuses items outside the range, and views that do not exist", () => {
  expect(() => drawViews(spec, { seed: 1, epoch: 0, items: [-1] })).toThrow(/rank as an integer/);
  expect(() => drawViews(spec, { seed: 1, epoch: 0, items: [Number.NaN] })).toThrow(/got NaN/);
  expect(() => drawView(spec, { group: "global", view: 2, seed: 1, epoch: 0, item: 0 })).toThrow(
    "drawView: expected global 0 .. 1 or local 0 .. 2, got global 2.",
  );
});

test("probabilities, ranges and orders are those of the spec", () => {
  const count = 4000;
  const views = Array.from({ length: count }, (_, item) =>
    drawView(spec, { group: "global", view: 0, seed: 5, epoch: 0, item }),
  );
  const share = (holds: (view: (typeof views)[number]) => boolean): number => views.filter(holds).length / count;
  // four standard errors of a share over 4000 views are at most 0.032
  expect(Math.abs(share((v) => v.flipX) - 0.5)).toBeLessThan(0.032);
  expect(Math.abs(share((v) => v.flipY) - 0.1)).toBeLessThan(0.02);
  expect(Math.abs(share((v) => v.grayscale) - 0.2)).toBeLessThan(0.026);
  expect(Math.abs(share((v) => v.solarize) - 0.2)).toBeLessThan(0.026);
  expect(Math.abs(share((v) => v.blurSigma > 0) - 0.5)).toBeLessThan(0.032);
  expect(Math.abs(share((v) => v.angle !== 0) - 0.5)).toBeLessThan(0.032);
  for (const turns of [0, 1, 2, 3]) expect(Math.abs(share((v) => v.quarterTurns === turns) - 0.25)).toBeLessThan(0.028);
  const jittered = views.filter((view) => view.jitter.length > 0);
  expect(Math.abs(jittered.length / count - 0.8)).toBeLessThan(0.026);
  const orders = new Map<string, number>();
  for (const { jitter } of jittered) {
    const order = jitter.map((step) => step.operation[0]).join("");
    orders.set(order, (orders.get(order) ?? 0) + 1);
    for (const { operation, factor } of jitter) {
      const [low = 0, high = 0] = everything.colorJitter?.ranges[operation] ?? [];
      expect(factor).toBeGreaterThanOrEqual(low);
      expect(factor).toBeLessThanOrEqual(high);
    }
  }
  // 24 orders, each about 133 times, standard deviation 11
  expect(orders.size).toBe(24);
  expect(Math.min(...orders.values())).toBeGreaterThan(133 - 55);
  expect(Math.max(...orders.values())).toBeLessThan(133 + 55);
});

test("only what the operations need is packed", () => {
  const bare = specFor(image, { views: 1, size: 8 }).groups[0] as ViewGroup;
  expect(parameterLayout(bare).rows).toBe(6);
  const brightness = { ...bare, operations: { colorJitter: { p: 1, ranges: { brightness: [0, 2] as const } } } };
  expect(parameterLayout(brightness).rows).toBe(9);
  const step = { operation: "hue" as const, factor: 0.1 };
  const view = drawView(spec, { group: "global", view: 0, seed: 0, epoch: 0, item: 0 });
  expect(() => packViews(brightness, [{ ...view, jitter: [step] }])).toThrow(/no hue/);
  const twice = { operation: "brightness" as const, factor: 2 };
  expect(() => packViews(brightness, [{ ...view, jitter: [twice, twice] }])).toThrow(/one step too many/);
});

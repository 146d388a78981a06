import { fc, test as property } from "@fast-check/vitest";
import { type Operations, operationSchemas } from "@lejepa/contracts";
import { expect, test } from "vitest";
import { specFor } from "./_fixture.test-helper.ts";
import { drawView, drawViews } from "./draw.ts";
import { layoutOf, packViews, type ViewParameters, viewSignature } from "./parameters.ts";
import type { ViewGroup, ViewSpec } from "./spec.ts";

const everything: Operations = {
  centreJitter: { probability: 0.3, shift: 0.1 },
  zoomOut: { probability: 0.2, factor: [1, 1.5] },
  rotation: { probability: 0.5, degrees: 30 },
  shear: { probability: 0.4, degrees: 5 },
  quarterTurn: { probability: 0.75 },
  horizontalFlip: { probability: 0.5 },
  verticalFlip: { probability: 0.1 },
  colorJitter: { probability: 0.8, brightness: 0.4, contrast: 0.3, saturation: 0.2, hue: 0.1 },
  grayscale: { probability: 0.2 },
  gaussianBlur: { probability: 0.5, sigma: [0.1, 2] },
  solarize: { probability: 0.2, threshold: 0.5 },
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
    "views.global": { shape: [33, 8], dtype: "float32" },
    "views.local": { shape: [33, 12], dtype: "float32" },
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
        const alone = packViews(spec, group, [drawView(spec, { group: group.name, view, seed, epoch, item })]);
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
      "angle": -26.34032537229359,
      "flipX": false,
      "flipY": false,
      "height": 35.974392046337016,
      "left": 17.568483522336464,
      "quarterTurns": 0,
      "shear": [
        -2.1607712074182928,
        0.08402459789067507,
      ],
      "top": 24.512803976831492,
      "values": {
        "colorJitter": {
          "brightness": 1.308989180251956,
          "contrast": 1.2205849734600633,
          "hue": -0.010795930773019796,
          "saturation": 0.9365248930640518,
        },
      },
      "width": 31.86303295532707,
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
    'drawViews: expected into["views.global"] with 198 elements, got 132. Reuse arrays only with the same spec and batch size.',
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
  expect(Math.abs(share((v) => v.values.grayscale !== undefined) - 0.2)).toBeLessThan(0.026);
  expect(Math.abs(share((v) => v.values.solarize !== undefined) - 0.2)).toBeLessThan(0.026);
  expect(Math.abs(share((v) => v.values.gaussianBlur !== undefined) - 0.5)).toBeLessThan(0.032);
  expect(Math.abs(share((v) => v.angle !== 0) - 0.5)).toBeLessThan(0.032);
  for (const turns of [0, 1, 2, 3]) expect(Math.abs(share((v) => v.quarterTurns === turns) - 0.25)).toBeLessThan(0.028);
  expect(Math.abs(share((v) => v.shear[0] !== 0) - 0.4)).toBeLessThan(0.031);
  expect(Math.abs(share((v) => v.height % 1 !== 0 || v.width % 1 !== 0) - 0.2)).toBeLessThan(0.026);
  const jittered = views.flatMap(({ values }) => (values.colorJitter ? [values.colorJitter] : []));
  expect(Math.abs(jittered.length / count - 0.8)).toBeLessThan(0.026);
  const orders = new Map<string, number>();
  for (const jitter of jittered) {
    const order = Object.keys(jitter)
      .map((name) => name[0])
      .join("");
    orders.set(order, (orders.get(order) ?? 0) + 1);
    for (const [name, factor] of Object.entries(jitter) as [string, number][]) {
      const width = everything.colorJitter?.[name as "hue"] ?? 0;
      expect(Math.abs(factor - (name === "hue" ? 0 : 1)), name).toBeLessThanOrEqual(width);
    }
  }
  // 24 orders, each about 133 times, standard deviation 11
  expect(orders.size).toBe(24);
  expect(Math.min(...orders.values())).toBeGreaterThan(133 - 55);
  expect(Math.max(...orders.values())).toBeLessThan(133 + 55);
});

test("crops have enough valid pixels, if ten tries find some; else the most", () => {
  const [height, width] = [40, 30];
  const form = { height, width, channels: 1, dtype: "uint8", masked: true } as const;
  const patchy = { ...specFor(form, { views: 2, size: 8, scale: [0.05, 0.3] }), leastValid: 0.7 };
  // the left half is valid
  const mask = Uint8Array.from({ length: height * width }, (_, i) => (i % width < width / 2 ? 1 : 0));
  const share = ({ left, width: w }: ViewParameters): number => Math.min(1, Math.max(0, (width / 2 - left) / w));
  const shares = (masked: boolean, least = 0.7): number[] =>
    Array.from({ length: 300 }, (_, item) => {
      const one = { group: "global", view: 0, seed: 4, epoch: 0, item } as const;
      return share(drawView({ ...patchy, leastValid: least }, { ...one, ...(masked && { mask }) }));
    });
  const few = (of: number[]): number => of.filter((value) => value < 0.7).length;
  expect(few(shares(false))).toBeGreaterThan(120);
  // (0.6)^10 of 300 is 2
  expect(few(shares(true))).toBeLessThan(8);
  expect(shares(true, 0)).toEqual(shares(false));
  const items = [5, 6, 7];
  const draw = (masks?: Uint8Array, more = {}): Record<string, Float32Array> =>
    drawViews(patchy, { seed: 4, epoch: 0, items, ...(masks && { masks }), ...more });
  const full = new Uint8Array(height * width).fill(1);
  const join = (...masks: Uint8Array[]): Uint8Array => Uint8Array.from(masks.flatMap((one) => [...one]));
  // a pure function of the image's own mask, and none of those that are whole
  expect(draw(join(full, full, full))).toEqual(draw());
  const column = (packed: Record<string, Float32Array>, at: number): number[] =>
    Array.from({ length: 6 }, (_, row) => packed["views.global"]?.[row * 6 + at] as number);
  const [mixed, masked] = [draw(join(full, mask, full)), draw(join(mask, mask, mask))];
  expect([column(mixed, 1), column(mixed, 4)]).toEqual([column(masked, 1), column(masked, 4)]);
  expect([column(mixed, 0), column(mixed, 3)]).toEqual([column(draw(), 0), column(draw(), 3)]);
  const view = drawView(patchy, { group: "global", view: 1, seed: 4, epoch: 0, item: 6, mask });
  expect(column(mixed, 4).slice(0, 2)).toEqual([Math.fround(view.top), Math.fround(view.left)]);
  // views of odd number look at the partner
  const pairs = { ...patchy, image: { ...form, paired: true } };
  const paired = drawViews(pairs, {
    seed: 4,
    epoch: 0,
    items,
    masks: join(full, full, full),
    partnerMasks: join(mask, mask, mask),
  });
  expect([column(paired, 1), column(paired, 4)]).toEqual([column(draw(), 1), column(masked, 4)]);
});

test("only what the operations need is packed", () => {
  const rows = (operations: Operations): number => {
    const bare = specFor(image, { views: 1, size: 8, operations });
    return layoutOf(bare, bare.groups[0] as ViewGroup).rows;
  };
  expect(rows({})).toBe(6);
  const off = { probability: 1, brightness: 0, contrast: 0, saturation: 0, hue: 0 };
  expect(rows({ colorJitter: off })).toBe(6);
  expect(rows({ colorJitter: { ...off, brightness: 1 } })).toBe(7);
  expect(rows({ colorJitter: { ...off, brightness: 1, contrast: 1, hue: 0.1 } })).toBe(6 + 2 * 2 * 2 + 1);
});

test("specs that share a group have layouts of their own", () => {
  const gains = specFor(image, { operations: { bandGain: operationSchemas.bandGain.parse({}) } });
  const five = { ...gains, image: { ...image, channels: 5 }, mean: Array<number>(5).fill(0.5) };
  const group = gains.groups[0] as ViewGroup;
  expect(layoutOf(five, group).rows).toBeGreaterThan(layoutOf(gains, group).rows);
  expect(layoutOf(five, group).active[0]?.form.mean).toHaveLength(5);
  expect(layoutOf(gains, group)).toBe(layoutOf(gains, group));
});

test("a crop around the centre lies there, within the image, and a zoomed one may reach beyond", () => {
  const operations: Operations = { centreJitter: { probability: 1, shift: 0.05 } };
  const centred = specFor({ ...image, height: 100, width: 60 }, { views: 1, size: 8, operations, scale: [0.1, 0.9] });
  const zoomed = specFor(image, {
    views: 1,
    size: 8,
    operations: { zoomOut: { probability: 1, factor: [2, 2] } },
    scale: [0.9, 1],
  });
  for (let item = 0; item < 200; item++) {
    const { top, height, left, width } = drawView(centred, { group: "global", view: 0, seed: 0, epoch: 0, item });
    expect(Math.abs(top + height / 2 - 50)).toBeLessThanOrEqual(5.5);
    expect(Math.abs(left + width / 2 - 30)).toBeLessThanOrEqual(3.5);
    expect(Math.min(top, left, 100 - top - height, 60 - left - width)).toBeGreaterThanOrEqual(0);
    const wide = drawView(zoomed, { group: "global", view: 0, seed: 0, epoch: 0, item });
    expect(wide.height * wide.width).toBeGreaterThan(4 * 0.85 * 96 * 80);
    expect(wide.top).toBeLessThan(0);
  }
});

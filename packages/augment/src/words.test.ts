import { operationNames, operationSchemas, type Operations } from "@lejepa/contracts";
import { expect, test } from "vitest";
import { drawView, identityParameters, resolveViews, viewWords } from "./index.ts";
import type { ViewSpec } from "./spec.ts";

function specFor(operations: Operations): ViewSpec {
  const views = { globals: 1, globalSize: 8, locals: 0, localSize: 4 } as const;
  const scales = { globalScale: [0.3, 1], localScale: [0.1, 0.2], ratio: [1, 1] } as const;
  const config = {
    views: {
      ...views,
      globalScale: [...scales.globalScale],
      localScale: [...scales.localScale],
      ratio: [...scales.ratio],
    },
    augment: { policy: "natural", force: [], border: "reflect", ...operations },
  } as const;
  const statistics = { mean: [0.5, 0.5, 0.5], std: [0.2, 0.2, 0.2] };
  return resolveViews(config as unknown as Parameters<typeof resolveViews>[0], {
    height: 20,
    width: 40,
    channels: 3,
    dtype: "uint8",
    ...statistics,
  });
}

test("box, turns and flips, in order", () => {
  const spec = specFor({});
  const view = { ...identityParameters(spec.image), top: 5, height: 10, left: 10, width: 20 };
  expect(viewWords(view, spec, "global")).toEqual(["25 % of the area at 0.50, 0.50"]);
  const turned = { ...view, angle: -12.345, shear: [3, 0] as const, quarterTurns: 3, flipX: true, flipY: true };
  expect(viewWords(turned, spec, "global").slice(1)).toEqual([
    "turned -12.3°",
    "sheared 3°, 0°",
    "turned 270°",
    "mirrored left to right",
    "mirrored top to bottom",
  ]);
});

test("every operation that acts says so, once, in one line", () => {
  const on = operationNames.map((name) => [name, { ...operationSchemas[name].parse({}), probability: 1 }]);
  const spec = specFor(Object.fromEntries(on) as Operations);
  const view = drawView(spec, { group: "global", view: 0, seed: 1, epoch: 0, item: 0 });
  const words = viewWords(view, spec, "global");
  const { length } = Object.keys(view.values);
  expect(length).toBeGreaterThan(2);
  expect(words.length).toBeGreaterThan(length);
  for (const word of words) expect(word).toMatch(/^\S[^\n]*\S$/);
});

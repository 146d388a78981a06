// What holds for every operation on values, whatever it does.
import { operationNames, stream } from "@lejepa/contracts";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, expect, test } from "vitest";
import { largestGap } from "../_fixture.test-helper.ts";
import { activeOf, applyOne, drawOne, type OneOperation } from "../_operation.test-helper.ts";
import { geometricNames } from "../operations.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
  tf.enableProdMode();
});

const names = operationNames.filter((name) => !(geometricNames as readonly string[]).includes(name));
const size = 6;

// operations, or settings of them, that need three colours
const colours: Readonly<Record<string, Readonly<Record<string, 0>>>> = {
  grayscale: { probability: 0 },
  colorJitter: { saturation: 0, hue: 0 },
};

function oneOf(name: (typeof names)[number], channels: number): OneOperation {
  const coefficients = Array<number>(channels).fill(2);
  const options = { ...(channels === 3 ? {} : colours[name]), ...(name === "reddening" && { coefficients }) };
  return { name, options, channels, size, mean: Array<number>(channels).fill(0.4) };
}

const cases = names.flatMap((name) => [1, 2, 3, 4, 5, 13].map((channels) => [name, channels] as const));

test.each(cases)(
  "%s, %i channels: in range; each view by its own parameters; views without it as they were",
  (name, channels) => {
    const one = oneOf(name, channels);
    const [first, second] = drawOne(one, 2);
    const view = Array.from(stream(1, "pixels").fillUniform(new Float32Array(channels * size * size)));
    const length = view.length;
    const out = applyOne(one, [undefined, first, second, first], [...view, ...view, ...view, ...view]);
    const part = (i: number): Float32Array => out.subarray(i * length, (i + 1) * length);
    // turning a hue by nothing rounds
    expect(largestGap(part(0), Float32Array.from(view))).toBeLessThanOrEqual(
      name === "colorJitter" && channels === 3 ? 1e-6 : 0,
    );
    expect(part(1)).toEqual(part(3));
    expect(largestGap(applyOne(one, [first], view), part(1))).toBeLessThan(1e-6);
    expect(Math.min(...out)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...out)).toBeLessThanOrEqual(1);
    expect(largestGap(part(1), part(0)) > 0).toBe(activeOf(one) !== undefined);
  },
);

test.each(names)("%s: what was drawn can be said in words", (name) => {
  const one = oneOf(name, 3);
  const active = activeOf(one);
  for (const drawn of drawOne(one, 3)) expect(active?.operation.words(drawn, active.options)).toMatch(/^[^\n]{3,100}$/);
});

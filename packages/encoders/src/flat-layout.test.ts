import { fc, test } from "@fast-check/vitest";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, expect } from "vitest";
import { useReference } from "./_golden.test-helper.ts";
import {
  createEncoder,
  flatLayout,
  flatRow,
  flatten,
  initialise,
  type ParamSpec,
  pack,
  unflatten,
  unpack,
} from "./index.ts";

beforeAll(useReference);

const trained = createEncoder("resnet10", { width: 2 }).params.filter(({ kind }) => kind === "parameter");

test("decayed tensors come first, both parts fill whole rows, gaps are zero", () => {
  const layout = flatLayout(trained);
  const decayed = new Set(trained.filter(({ decay }) => decay).map(({ name }) => name));
  let reached = 0;
  for (const { name, offset, size } of layout.entries) {
    // the one gap is what fills the decayed part's last row
    const fillsRow = offset === layout.decayLength && reached > layout.decayLength - flatRow;
    expect(offset === reached || fillsRow).toBe(true);
    expect(offset < layout.decayLength).toBe(decayed.has(name));
    reached = offset + size;
  }
  expect(layout.decayLength % flatRow).toBe(0);
  expect(layout.length).toBe(Math.ceil(reached / flatRow) * flatRow);
  const ones = new Map(
    trained.map(({ name, shape }) => [name, new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1)]),
  );
  const filled = pack(ones, layout).reduce((sum, value) => sum + value, 0);
  expect(filled).toBe(layout.entries.reduce((sum, { size }) => sum + size, 0));
});

test("only decayed tensors, or none, leave no empty rows", () => {
  const [decayed, plain] = [true, false].map((wanted) => trained.filter(({ decay }) => decay === wanted));
  expect(flatLayout(decayed ?? []).length).toBe(flatLayout(decayed ?? []).decayLength);
  expect(flatLayout(plain ?? []).decayLength).toBe(0);
  expect(flatLayout(plain ?? []).entries[0]?.offset).toBe(0);
});

test("pack and unpack are inverse, and unpack gives views", () => {
  const layout = flatLayout(trained);
  const values = initialise(trained, 3);
  const flat = pack(values, layout);
  const back = unpack(flat, layout);
  for (const [name, data] of values) expect(back.get(name)).toEqual(data);
  back.get("conv1.weight")?.fill(9);
  expect(flat[layout.entries.find(({ name }) => name === "conv1.weight")?.offset ?? -1]).toBe(9);
});

const specs = fc
  .array(fc.record({ shape: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 }), decay: fc.boolean() }), {
    minLength: 1,
    maxLength: 6,
  })
  .map((list) =>
    list.map(
      (item, i): ParamSpec => ({ name: `p${i}`, kind: "parameter", init: { type: "uniform", bound: 1 }, ...item }),
    ),
  );

test.prop([specs], { numRuns: 30 })("unflatten and flatten agree with pack, gradient included", (params) => {
  const layout = flatLayout(params);
  const values = initialise(params, 5);
  tf.tidy(() => {
    const flat = tf.tensor1d(pack(values, layout));
    const tensors = unflatten(flat, layout);
    for (const { name, shape } of params) {
      expect(tensors[name]?.shape).toEqual(shape);
      expect(tensors[name]?.dataSync()).toEqual(values.get(name));
    }
    expect(flatten(tensors, layout).dataSync()).toEqual(flat.dataSync());
    // only the first tensor enters the loss: the gradient is its values there and 0 elsewhere
    const first = params[0]?.name ?? "";
    const gradient = tf.grad((x) => tf.mul(tf.sum(tf.square(unflatten(x, layout)[first] as tf.Tensor)), 0.5))(flat);
    const expected = new Map(
      params.map(({ name }) => [name, values.get(name)?.map((v) => (name === first ? v : 0)) as Float32Array]),
    );
    expect(gradient.dataSync()).toEqual(pack(expected, layout));
  });
});

test("an empty layout", () => {
  const layout = flatLayout([]);
  expect([layout.length, pack(new Map(), layout).length, unpack(new Float32Array(), layout).size]).toEqual([0, 0, 0]);
  expect(unflatten(tf.tensor1d([]), layout)).toEqual({});
});

test("wrong values are named", () => {
  const layout = flatLayout(trained);
  const values = initialise(trained, 3);
  expect(() => flatLayout([...trained, ...trained])).toThrow(/same name/);
  expect(() => unpack(new Float32Array(3), layout)).toThrow(/flat vector: expected \d+ elements, got 3/);
  values.set("bn1.bias", new Float32Array(5));
  expect(() => pack(values, layout)).toThrow(/bn1.bias: expected 2 elements, got 5/);
  values.delete("bn1.bias");
  expect(() => pack(values, layout)).toThrow(/bn1.bias: expected a tensor of this name, got none/);
});

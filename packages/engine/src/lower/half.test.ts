// Which nodes a graph of mixed precision has, in which types, and where its casts are.
import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { emulatedEngine } from "../emulated-engine.ts";
import { encodeModel } from "../graph/proto.ts";
import { topological } from "../graph/rewrite.ts";
import type { HalfType, Node, Value } from "../graph/value.ts";
import { averagePool2d, conv2d, createEngine, float32, gelu, layerNormLinear, linear, softmax } from "../index.ts";
import { wantsTf32 } from "../precision.ts";
import { trace } from "../trace.ts";
import { lower, type LoweringTarget } from "./index.ts";

type Shapes = Readonly<Record<string, readonly number[]>>;
type Fn = (inputs: Record<string, tf.Tensor>) => Record<string, tf.Tensor>;

async function lowered(fn: Fn, shapes: Shapes, target: LoweringTarget): Promise<Value[]> {
  const signature = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, { shape }]));
  const traced = await trace(fn as never, signature);
  return lower([...traced.values()], target);
}

const nodesOf = async (fn: Fn, shapes: Shapes, half: HalfType = "float16"): Promise<Node[]> =>
  topological(await lowered(fn, shapes, { device: "cuda", half }));

/** Nodes as `Op inputs' types -> output's type`, leaving out those that hold no elements. */
const lines = (nodes: readonly Node[]): string[] =>
  nodes.map(({ op, inputs, outputs }) => {
    const types = inputs.filter(({ dtype }) => dtype !== "int64").map(({ dtype }) => dtype);
    return `${op} ${types.join(" ")} -> ${outputs[0]?.dtype}`;
  });

const count = (nodes: readonly Node[], line: string): number => lines(nodes).filter((found) => found === line).length;

const down = "Cast float32 -> float16";
const up = "Cast float16 -> float32";

test("products take and give 16 bits, everything between them is float32", async () => {
  const fn: Fn = ({ x, w, b, v }) => ({
    y: softmax(linear(gelu(linear(x as tf.Tensor, w as tf.Tensor, b)), v as tf.Tensor)),
  });
  expect(lines(await nodesOf(fn, { x: [4, 8], w: [16, 8], b: [16], v: [3, 16] }))).toEqual([
    down,
    down,
    down,
    "Gemm float16 float16 float16 -> float16",
    up,
    "Gelu float32 -> float32",
    down,
    down,
    "Gemm float16 float16 -> float16",
    up,
    "Softmax float32 -> float32",
  ]);
});

test("a bias goes into the product, a sum of activations stays float32", async () => {
  const fn: Fn = ({ x, w, b, r }) => ({ y: tf.add(linear(x as tf.Tensor, w as tf.Tensor, b), r as tf.Tensor) });
  const nodes = await nodesOf(fn, { x: [4, 8], w: [16, 8], b: [16], r: [4, 16] });
  expect(lines(nodes).slice(-3)).toEqual([
    "Gemm float16 float16 float16 -> float16",
    up,
    "Add float32 float32 -> float32",
  ]);
  // as many elements as a row has, but one for each row
  const column: Fn = ({ x, w, b }) => ({
    y: tf.add(tf.matMul(x as tf.Tensor, w as tf.Tensor), tf.reshape(b as tf.Tensor, [4, 1])),
  });
  expect(lines(await nodesOf(column, { x: [4, 8], w: [8, 4], b: [4] }))).toContain("Add float32 float32 -> float32");
});

test("a weight is cast once, however often it is read", async () => {
  const fn: Fn = ({ x, z, w }) => {
    const loss = (weight: tf.Tensor): tf.Scalar => {
      const square = tf.reshape(weight, [8, 8]);
      return tf.sum(tf.square(linear(linear(x as tf.Tensor, square), linear(z as tf.Tensor, square)))) as tf.Scalar;
    };
    return { dw: tf.grad(loss)(w as tf.Tensor) };
  };
  const nodes = await nodesOf(fn, { x: [4, 8], z: [5, 8], w: [64] });
  const casts = nodes.filter(({ op, inputs }) => op === "Cast" && inputs[0]?.origin.kind === "input");
  expect(casts.map(({ inputs: [from] }) => ((from as Value).origin as { name: string }).name).sort()).toEqual([
    "w",
    "x",
    "z",
  ]);
  expect(nodes.filter(({ op, outputs }) => op === "Gemm" && outputs[0]?.dtype !== "float16")).toEqual([]);
});

test("what a product made moves in 16 bits, and casts back and forth cancel", async () => {
  const fn: Fn = ({ x, w, v }) => {
    const y = tf.transpose(tf.reshape(linear(x as tf.Tensor, w as tf.Tensor), [2, 3, 4, 2]), [2, 0, 3, 1]);
    const [a, b] = tf.split(y, 2, 0) as [tf.Tensor, tf.Tensor];
    const joined = tf.reshape(tf.concat([b, tf.slice(a, [0, 0, 0, 0], [1, 2, 2, 3])], 0), [6, 6]);
    return { y: tf.matMul(joined, v as tf.Tensor) };
  };
  const nodes = await nodesOf(fn, { x: [6, 4], w: [8, 4], v: [6, 5] });
  expect([count(nodes, down), count(nodes, up)]).toEqual([3, 1]);
  for (const op of ["Reshape", "Transpose", "Split", "Slice", "Concat"])
    expect(nodes.filter((node) => node.op === op).every(({ outputs }) => outputs[0]?.dtype === "float16")).toBe(true);
});

test("what only products read is cast before it is moved; a small slice after it is cut", async () => {
  const shapes = { x: [8, 12, 4], w: [4, 4] };
  const moved: Fn = ({ x, w }) => ({
    y: tf.matMul(tf.reshape(tf.transpose(x as tf.Tensor, [1, 0, 2]), [96, 4]), w as tf.Tensor),
  });
  expect(lines(await nodesOf(moved, shapes))).toContain("Transpose float16 -> float16");
  const both: Fn = ({ x, w }) => {
    const turned = tf.transpose(x as tf.Tensor, [1, 0, 2]);
    return { y: tf.matMul(tf.reshape(turned, [96, 4]), w as tf.Tensor), z: tf.exp(turned) };
  };
  expect(lines(await nodesOf(both, shapes))).toContain("Transpose float32 -> float32");
  const cut: Fn = ({ x, w }) => ({
    y: tf.matMul(tf.reshape(tf.slice(x as tf.Tensor, [0, 0, 0], [8, 1, 4]), [8, 4]), w as tf.Tensor),
  });
  expect(lines(await nodesOf(cut, shapes))).toContain("Slice float32 -> float32");
});

const region: Fn = ({ x, w, a }) => {
  const loss = (weight: tf.Tensor): tf.Scalar => {
    const y = tf.matMul(x as tf.Tensor, weight);
    return float32(() => tf.mean(tf.square(tf.matMul(y, a as tf.Tensor)))) as tf.Scalar;
  };
  const { value, grad } = tf.valueAndGrad(loss)(w as tf.Tensor);
  return { value, grad };
};
const regionShapes = { x: [4, 8], w: [8, 8], a: [8, 5] };

test("products of a float32 region stay float32, and so do those of its gradient", async () => {
  const nodes = await nodesOf(region, regionShapes);
  // forward and gradient to y (a's is not asked for); outside: forward and weight gradient
  expect(count(nodes, "Gemm float32 float32 -> float32")).toBe(2);
  expect(count(nodes, "Gemm float16 float16 -> float16")).toBe(2);
});

test("products of weights alone, averages and pooling stay float32", async () => {
  const fn: Fn = ({ x, g, b, w, c }) => ({
    y: layerNormLinear(
      x as tf.Tensor,
      { weight: g as tf.Tensor, bias: b as tf.Tensor },
      { weight: w as tf.Tensor, bias: c as tf.Tensor },
    ),
  });
  const nodes = await nodesOf(fn, { x: [6, 8], g: [8], b: [8], w: [5, 8], c: [5] });
  expect(
    lines(nodes)
      .filter((line) => line.startsWith("Gemm"))
      .sort(),
  ).toEqual(["Gemm float16 float16 float16 -> float16", "Gemm float32 float32 -> float32"]);
  const pool: Fn = ({ x }) => ({ own: averagePool2d(x as tf.Tensor, { kernel: 2 }) });
  expect(lines(await nodesOf(pool, { x: [1, 2, 4, 4] }))).toContain("Conv float32 float32 -> float32");
});

const convolution: Fn = ({ x, w }) => {
  const loss = (image: tf.Tensor, weight: tf.Tensor): tf.Scalar =>
    tf.sum(tf.square(conv2d(image, weight, { padding: 1 }))) as tf.Scalar;
  const [dx, dw] = tf.grads(loss)([x as tf.Tensor, w as tf.Tensor]) as [tf.Tensor, tf.Tensor];
  return { dx, dw };
};
const imageShapes = { x: [2, 3, 5, 5], w: [4, 3, 3, 3] };

test("convolutions and both gradients are of 16 bits in float16; in bfloat16 they have no kernels and stay float32", async () => {
  const half = await nodesOf(convolution, imageShapes);
  expect(count(half, "Conv float16 float16 -> float16")).toBe(2);
  expect(count(half, "ConvTranspose float16 float16 -> float16")).toBe(1);
  const brain = await nodesOf(convolution, imageShapes, "bfloat16");
  expect(count(brain, "Conv float32 float32 -> float32")).toBe(2);
  expect(lines(brain).some((line) => line.includes("bfloat16"))).toBe(false);
});

test("TF32 is asked for where bfloat16 leaves a convolution in float32, and nowhere else", async () => {
  const asks = async (fn: Fn, shapes: Shapes, half: HalfType | undefined): Promise<boolean> => {
    const target = { device: "cuda", half } as const;
    return wantsTf32(encodeModel(await lowered(fn, shapes, target)), target);
  };
  expect(await asks(convolution, imageShapes, "bfloat16")).toBe(true);
  expect(await asks(convolution, imageShapes, "float16")).toBe(false);
  expect(await asks(convolution, imageShapes, undefined)).toBe(false);
  expect(await asks(region, regionShapes, "bfloat16")).toBe(false);
});

test("in float32 a region changes nothing", async () => {
  const without: Fn = ({ x, w, a }) => {
    const loss = (weight: tf.Tensor): tf.Scalar =>
      tf.mean(tf.square(tf.matMul(tf.matMul(x as tf.Tensor, weight), a as tf.Tensor))) as tf.Scalar;
    const { value, grad } = tf.valueAndGrad(loss)(w as tf.Tensor);
    return { value, grad };
  };
  for (const device of ["cpu", "webgpu", "cuda"] as const) {
    const [marked, plain] = await Promise.all([region, without].map((fn) => lowered(fn, regionShapes, { device })));
    expect(encodeModel(marked as Value[]).bytes).toEqual(encodeModel(plain as Value[]).bytes);
  }
});

/** To the nearest number with `bits` of mantissa, the hidden one included. */
function rounded(x: number, bits: number): number {
  if (x === 0) return 0;
  const unit = 2 ** (Math.floor(Math.log2(Math.abs(x))) - bits + 1);
  return Math.round(x / unit) * unit;
}

test.each([
  ["float16", 11],
  ["bfloat16", 8],
] as const)("the stand-in rounds operands and results to %s, through moves as well", async (half, bits) => {
  const fn: Fn = ({ x, w }) => {
    const y = tf.matMul(tf.transpose(tf.reshape(x as tf.Tensor, [3, 2]), [1, 0]), w as tf.Tensor);
    return { y: tf.concat([tf.reshape(y, [4]), tf.reshape(y, [4])], 0) };
  };
  const x = Float32Array.of(1.2345, -0.4567, 3.2415, 2.6182, -0.0314, 0.5772);
  const w = Float32Array.of(0.1234, 1.618, -2.2222, 0.3333, 0.7171, -1.4342);
  const engine = emulatedEngine(half);
  const program = await engine.compile(
    fn as never,
    { x: { shape: [6] }, w: { shape: [3, 2] } },
    { mixedPrecision: true },
  );
  const got = [...((await (await program.run({ x, w }))["y"]?.read()) ?? [])];
  const at = (i: number, j: number): number =>
    [0, 1, 2].reduce(
      (sum, k) => sum + rounded(x[2 * k + i] as number, bits) * rounded(w[2 * k + j] as number, bits),
      0,
    );
  const want = [at(0, 0), at(0, 1), at(1, 0), at(1, 1)].map((value) => rounded(value, bits));
  expect(got).toEqual([...want, ...want]);
  await engine.dispose();
});

test("without mixedPrecision a program is float32 on an engine of 16 bits, too", async () => {
  const run = async (engine: ReturnType<typeof emulatedEngine>, mixedPrecision: boolean): Promise<number[]> => {
    const options = { mixedPrecision };
    const program = await engine.compile(
      ({ x }) => ({ y: tf.matMul(x as tf.Tensor, x as tf.Tensor) }),
      { x: { shape: [1, 1] } },
      options,
    );
    const got = [...((await (await program.run({ x: Float32Array.of(1.0001) }))["y"]?.read()) ?? [])];
    await engine.dispose();
    return got;
  };
  const exact = Math.fround(Math.fround(1.0001) ** 2);
  expect(await run(emulatedEngine("float16"), false)).toEqual([exact]);
  expect(await run(emulatedEngine("float16"), true)).toEqual([1]);
  expect(await run(await createEngine(), true)).toEqual([exact]);
});

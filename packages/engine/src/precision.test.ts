// What of mixed precision can be known without a GPU of 16 bits: refusals, and that WebGPU has a kernel for every node.
import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { graphEngine } from "./engine.ts";
import { conv2d, createEngine, multiHeadAttention } from "./index.ts";
import { checkHalf } from "./precision.ts";
import { BindingRuntime } from "./runtime/binding-runtime.ts";
import { webgpuMissing } from "./_webgpu.test-helper.ts";

const missing = webgpuMissing();

test("cpu, tensorflow and webgpu refuse what they do not have", async () => {
  await expect(createEngine({ precision: "float16" })).rejects.toThrow(
    /precision on cpu: expected float32, got float16\. It is there on webgpu, cuda\./,
  );
  await expect(createEngine({ device: "webgpu", precision: "bfloat16" })).rejects.toThrow(
    /precision on webgpu: expected float32 or float16, got bfloat16\. It is there on cuda\./,
  );
  await expect(createEngine({ device: "tensorflow", precision: "float16" })).rejects.toThrow(/expected float32/);
});

test("a device that computes float16 without rounding, or has no kernel of a type, is told from one that has it", async () => {
  const runtime = new BindingRuntime({ device: "cpu" });
  await expect(checkHalf(runtime, "float16")).rejects.toThrow(
    /a product was \[1\.0001000.*instead of \[1,2,1\.5,-12\]/,
  );
  await expect(checkHalf(runtime, "bfloat16")).rejects.toThrow(
    /precision bfloat16 on cpu: the GPU cannot compute in it: .*Use precision float32/,
  );
  await runtime.dispose();
});

test("a GPU without 16-bit floats in shaders is refused in one line", async ({ skip }) => {
  skip(missing !== undefined, missing);
  const opened = createEngine({ device: "webgpu", precision: "float16" });
  const error = await opened.then(
    (engine) => engine.dispose(),
    (refused: unknown) => refused,
  );
  skip(error === undefined, "this device has shader-f16");
  expect((error as { code: string }).code).toBe("E_DEVICE");
  expect((error as Error).message).toMatch(/^precision float16 on webgpu: .*\(shader-f16\).*Use precision float32\.$/);
});

test("webgpu leaves no node of a float16 step to the CPU", { timeout: 120_000 }, async ({ skip }) => {
  skip(missing !== undefined, missing);
  const runtime = new BindingRuntime({ device: "webgpu" });
  const engine = graphEngine(runtime, undefined, { device: "webgpu", half: "float16" });
  const shapes = { x: [2, 4, 6, 6], k: [8, 2, 3, 3], qkv: [24, 8], bias: [8], out: [8, 8] } as const;
  const signature = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, { shape }]));
  const program = await engine.compile(
    (inputs) => {
      const loss = (k: tf.Tensor, qkv: tf.Tensor, queryBias: tf.Tensor, out: tf.Tensor): tf.Scalar => {
        const image = conv2d(
          conv2d(inputs["x"] as tf.Tensor, k, { stride: 2, padding: 1, groups: 2 }),
          tf.reshape(out, [8, 8, 1, 1]),
        );
        const tokens = tf.reshape(tf.transpose(image, [0, 2, 3, 1]), [2, 9, 8]);
        return tf.sum(tf.square(multiHeadAttention(tokens, { qkv, queryBias, out }, 2))) as tf.Scalar;
      };
      const names = ["k", "qkv", "bias", "out"];
      const grads = tf.grads(loss)(names.map((name) => inputs[name] as tf.Tensor));
      return Object.fromEntries(grads.map((grad, i) => [`d${names[i]}`, grad]));
    },
    signature,
    { mixedPrecision: true },
  );
  expect(await program.hostNodes()).toEqual([]);
  await engine.dispose();
});

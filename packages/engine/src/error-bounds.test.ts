// PRECISION.md holds the table of error bounds; `vitest run -u` rewrites it. That the devices keep to them is tested where
// the numbers are computed: ops.*.test.ts and gradients.test.ts here, engine.test.ts of @lejepa/core.
import { expect, test } from "vitest";
import { errorBounds, halfBounds } from "./index.ts";

const rows = Object.entries(errorBounds).map(
  ([device, { op, opGradient, loss, lossGradient }]) =>
    `| ${device} | ${op} | ${opGradient} | ${loss} | ${lossGradient} |`,
);

const halfRows = Object.entries(halfBounds).map(
  ([type, { product, loss, gradient }]) => `| ${type} | ${product} | ${loss} | ${gradient} |`,
);

const text = `# Precision

What is computed in which type, and how far off it may be. The tables are generated from \`src/error-bounds.ts\`
(\`src/error-bounds.test.ts\`), and the tests hold each device to its line.

- **Everything is float32** by default: images once they are scaled, weights, moments, activations, gradients, statistics, SIGReg
  and the loss. \`createEngine\` refuses what a device does not have (\`devicePrecisions\` of @lejepa/contracts).
- **\`precision: "tf32"\`** (cuda): products of matrices and convolutions round their operands to 10 bits of mantissa and add
  in float32. TensorFlow decides for itself: on NVIDIA's newer GPUs it uses TF32 unless \`NVIDIA_TF32_OVERRIDE=0\` is set.
- **\`precision: "float16"\`** (cuda; webgpu with \`shader-f16\`) and **\`"bfloat16"\`** (cuda): mixed precision, below.
- No GPU has run any of the three yet.
- **uint8** images are uploaded as bytes and widened on the device (tensorflow: to int32 there; reference: before).
- **Sums** are the device's own: their order, and so the last bits, differ between devices and numbers of threads. On one
  device with one number of threads a run repeats bit by bit (cpu; tensorflow promises no such thing).
- **Exact or nearly**: comparisons, whole numbers and booleans are exact everywhere. NaN and infinities are kept on cpu and
  tensorflow; shaders may assume that there are none.
- **webgpu's trigonometry** is what the driver's compiler makes of it: WGSL asks sine and cosine for 2^-11. SIGReg
  takes its direct form there (\`characteristicMethod\` of @lejepa/core): on the software device of the tests it is up to 0.035 %
  off; the recurrence would be 0.4 to 1.5 %. Hardware is better, but promises no more.

## Mixed precision in 16 bits

- **In 16 bits**: operands and results of the encoder's and projector's products of matrices, and in float16 of their convolutions, forward
  and in the gradient, with their biases; and what lies between two products and only moves elements. Float16 keeps 11 bits of mantissa
  up to 65504, bfloat16 8 bits and float32's range.
- **In float32**: master weights (cast once a step), moments, gradients once they leave a product, the residual stream, activation
  functions, layer and batch norm, softmax, averages, products of weights alone, the views' resizing and filters, SIGReg, the loss.
  A traced function asks for mixed precision with \`compile(fn, signature, { mixedPrecision: true })\` (the training step does; features,
  probes and the verdict do not) and takes regions out of it with \`float32(() => ...)\`, gradients included.
- **bfloat16's convolutions** have no CUDA kernels in the operator set that we write (20; from 22 on \`Conv\` has one, but \`Sin\` and \`Cos\`
  lose theirs; \`ConvTranspose\` has none). They stay 32 bits wide and use TF32; then so does every other float32 product of that
  program, SIGReg's projection too. A ViT has none (its patches are a product of matrices). For a ResNet choose float16.
- **Sums** inside a product are float32 on cuda (cuBLAS and cuDNN); on webgpu they are what the shader makes of them.
- **float16 scales the loss** by PyTorch's rule: 65536 at first, halved by a step whose gradient is not finite (the step changes nothing,
  and AdamW does not count it), doubled after 2000 good ones in a row; never below 1 or above 2^24. The scale is part of the
  state and its checkpoint. At scale 1 a gradient that is not finite ends the run (\`E_NAN\`). Gradients are unscaled in float32 before clipping.
- **cpu and tensorflow** have none: ONNX Runtime's CPU kernels compute float16 products in float32 without rounding anything, and
  refuse bfloat16. Tests run the GPUs' graphs there with each rounding written out (\`emulatedEngine\` of @lejepa/engine/testing).

| type | product, its gradient | loss of a step | gradient of a step |
| --- | --- | --- | --- |
${halfRows.join("\n")}

Product: relative to the result's largest element, or to 1, against tfjs's pure-JS backend. Loss: relative, against float32; gradient: norm
of the difference by the norm. Seen, for a small ViT and a small ResNet: loss 6e-5 and 6e-5 in float16, 3e-4 and 7e-4 in bfloat16; gradient
2.7 % and 8.7 %, 8.7 % and 2.2 % (with float32 convolutions). The gradient's is not the products' rounding added up: a relu whose input
changes its sign switches a path, and the loss's scale makes no difference to it (65536 or 1).

## Bounds in float32

| device | op | gradient of an op | SIGReg, objective | their gradients |
| --- | --- | --- | --- | --- |
${rows.join("\n")}

Op: \`|got - want| / (1 + |want|)\` against tfjs's pure-JS backend, unless the op table names another bound. The others
are relative to the largest element, against float64: central differences for ops, goldens for SIGReg and the objective.
The line of cuda is what its tests ask for where there is a GPU; none has run them yet. Over 50 steps of a small ResNet from one seed, the losses of cpu and tensorflow are tested to stay within 1e-3 (seen: 6e-7 at batch 32);
a tiny ViT under Adam is chaotic (what starts 1e-7 apart grows by 1.3 a step, on one device as well), so 20 of its steps are.
`;

test("PRECISION.md says what the tests ask for", async () => {
  await expect(text).toMatchFileSnapshot("../PRECISION.md");
});

// PRECISION.md holds the table of error bounds; `vitest run -u` rewrites it. That the devices keep to them is tested where
// the numbers are computed: ops.*.test.ts and gradients.test.ts here, engine.test.ts of @lejepa/core.
import { expect, test } from "vitest";
import { errorBounds } from "./index.ts";

const rows = Object.entries(errorBounds).map(
  ([device, { op, opGradient, loss, lossGradient }]) =>
    `| ${device} | ${op} | ${opGradient} | ${loss} | ${lossGradient} |`,
);

const text = `# Precision

What is computed in which type, and how far off it may be. The table is generated from \`src/error-bounds.ts\`
(\`src/error-bounds.test.ts\`), and the tests hold each device to its line.

- **Everything is float32**: images once they are scaled, weights, moments, activations, gradients, statistics, SIGReg and
  the loss. There is no mixed precision in 16 bits, so no loss scaling.
- **\`precision: "tf32"\`** (cuda only): products of matrices and convolutions round their operands to 10 bits of mantissa and add
  in float32. \`createEngine\` refuses what a device does not have (\`devicePrecisions\` of @lejepa/contracts). No GPU has run it
  yet. TensorFlow decides for itself: on NVIDIA's newer GPUs it uses TF32 unless \`NVIDIA_TF32_OVERRIDE=0\` is set.
- **uint8** images are uploaded as bytes and widened on the device (tensorflow: to int32 there; reference: before).
- **Sums** are the device's own: their order, and so the last bits, differ between devices and numbers of threads. On one
  device with one number of threads a run repeats bit by bit (cpu; tensorflow promises no such thing).
- **Exact or nearly**: comparisons, whole numbers and booleans are exact everywhere. NaN and infinities are kept on cpu and
  tensorflow; shaders may assume that there are none.
- **webgpu's trigonometry** is what the driver's compiler makes of it: WGSL asks sine and cosine for 2^-11. SIGReg
  takes its direct form there (\`characteristicMethod\` of @lejepa/core): on the software device of the tests it is up to 0.035 %
  off; the recurrence would be 0.4 to 1.5 %. Hardware is better, but promises no more.

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

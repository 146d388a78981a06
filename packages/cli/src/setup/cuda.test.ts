// How setup finds CUDA's libraries; that pip's packages really hold them was tried by hand (tools/decisions/0011).
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DeviceReport } from "../device-probe.ts";
import { describeCuda } from "./cuda.ts";
import { cudaInFolder } from "./cuda-folder.ts";
import { cudaPackages } from "./cuda-python.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "lejepa-setup-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fill(name: string, files: readonly string[]): string {
  const root = join(folder, name);
  for (const file of files) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), "");
  }
  return root;
}

test("ONNX Runtime with its provider, and CUDA's libraries in the order that they are loaded", () => {
  const root = fill("whole", [
    "lib/libonnxruntime.so.1.30.0",
    "lib/libonnxruntime_providers_cuda.so",
    "other/libonnxruntime.so.1",
    "cuda/lib/libcublas.so.13",
    "cuda/lib/libcublas.so",
    "cuda/lib/libcublasLt.so.13",
    "cuda/lib/libcudart.so.13",
    "cudnn/libcudnn.so.9",
    "cudnn/libcudnn_ops.so.9",
  ]);
  const { library, preload } = cudaInFolder(root);
  expect(library).toBe(join(root, "lib/libonnxruntime.so.1.30.0"));
  expect(preload.map((file) => file.slice(root.length + 1))).toEqual([
    "cuda/lib/libcudart.so.13",
    "cuda/lib/libcublasLt.so.13",
    "cuda/lib/libcublas.so.13",
    "cudnn/libcudnn.so.9",
  ]);
});

test("a folder without them", () => {
  expect(() => cudaInFolder(join(folder, "none"))).toThrow(/--folder: expected a folder/);
  expect(() => cudaInFolder(fill("half", ["libonnxruntime.so.1"]))).toThrow(/providers_cuda\.so beside it/);
});

test("the packages that onnxruntime-gpu names as its extras", () => {
  const metadata = [
    "Requires-Dist: numpy>=1.21.6",
    'Requires-Dist: sympy; extra == "symbolic"',
    'Requires-Dist: nvidia-cuda-runtime~=13.0; extra == "cuda"',
    'Requires-Dist: nvidia-cudnn-cu12 (~=9.0) ; extra == "cudnn"',
  ].join("\n");
  expect(cudaPackages(metadata)).toEqual(["nvidia-cuda-runtime~=13.0", "nvidia-cudnn-cu12~=9.0"]);
});

test("what came of it", () => {
  const common = { place: "/cuda", from: "python", onnxruntime: "1.30.0", cuda: 13050, cudnn: 92801 } as const;
  const broken = (problem: string): DeviceReport => ({ name: "cuda", ok: false, problem });
  expect(describeCuda({ ...common, missing: "libcuda.so.1", device: broken("no driver.") })).toEqual([
    "ONNX Runtime 1.30.0, CUDA 13.5, cuDNN 9.28.1, in /cuda",
    "does not work yet: no driver.",
  ]);
  expect(
    describeCuda({ ...common, cuda: null, cudnn: null, missing: "libcublas.so.13", device: broken("x") }),
  ).toContain("missing: libcublas.so.13 (CUDA's or cuDNN's own installers bring it)");
});

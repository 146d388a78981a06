// What can be known of the device `cuda` without a GPU: how a driver is asked (one of a few lines of C stands in), and what
// every failure says.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createEngine } from "../index.ts";
import { type CudaDriver, cudaDriver } from "./cuda-driver.ts";
import { CUDA_FILE, cudaProviderFile, findCuda, preloadCuda } from "./cuda-install.ts";
import { checkDriver } from "./open.ts";
import { explainCuda } from "./providers.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "lejepa-cuda-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const source = (started: number): string => `
#include <string.h>
#include <stddef.h>
int cuDriverGetVersion(int *v) { *v = 12080; return 0; }
int cuInit(unsigned int flags) { return ${started}; }
int cuDeviceGetCount(int *count) { *count = 2; return 0; }
int cuDeviceGetName(char *name, int length, int device) { strncpy(name, device ? "Second" : "First", length); return 0; }
int cuDeviceTotalMem_v2(size_t *bytes, int device) { *bytes = (size_t)(device + 1) << 33; return 0; }
int cuDeviceGetAttribute(int *value, int attribute, int device) { *value = attribute == 75 ? 9 : device; return 0; }
`;

/** A driver that starts with code `started`; undefined where there is no compiler. */
function fakeDriver(started: number): string | undefined {
  const file = path.join(folder, `libcuda-${started}.so`);
  try {
    writeFileSync(`${file}.c`, source(started));
    execFileSync("cc", ["-shared", "-fPIC", "-o", file, `${file}.c`], { stdio: "ignore" });
    return file;
  } catch {
    return undefined;
  }
}

const noCompiler = "no C compiler for a stand-in of the driver";

test("the driver's GPUs, with memory and generation", async ({ skip }) => {
  const file = fakeDriver(0);
  if (file === undefined) return skip(noCompiler);
  expect(await cudaDriver(file)).toEqual({
    ok: true,
    version: 12080,
    devices: [
      { index: 0, name: "First", memoryBytes: 2 ** 33, capability: "9.0" },
      { index: 1, name: "Second", memoryBytes: 2 ** 34, capability: "9.1" },
    ],
  });
});

test("a driver without GPUs, and one that does not start", async ({ skip }) => {
  const [none, broken] = [fakeDriver(100), fakeDriver(999)];
  if (none === undefined || broken === undefined) return skip(noCompiler);
  expect(await cudaDriver(none)).toEqual({ ok: true, version: 12080, devices: [] });
  expect(await cudaDriver(broken)).toMatchObject({ ok: false, problem: expect.stringContaining("cuInit gives 999") });
});

test("no driver", async () => {
  const driver = await cudaDriver(path.join(folder, "libnone.so.1"));
  expect(driver).toMatchObject({
    ok: false,
    problem: expect.stringMatching(/not installed \(.*libnone.so.1 is not found\)/),
  });
});

describe("what a driver lacks", () => {
  const driver: CudaDriver = {
    ok: true,
    version: 12080,
    devices: [{ index: 0, name: "First", memoryBytes: 1, capability: "9.0" }],
  };
  test.each([
    [
      "no driver",
      { ok: false, problem: "NVIDIA's driver is not installed" } as const,
      0,
      null,
      /not installed\. Install/,
    ],
    ["an old one", driver, 0, 13000, /the driver runs CUDA 12\.8, the libraries are of 13\.0/],
    ["no GPU", { ...driver, devices: [] }, 0, 12000, /the driver finds no GPU/],
    ["no such GPU", driver, 3, 12000, /device index: expected 0, got 3/],
  ])("%s", (_, given, index, cuda, message) => {
    expect(() => checkDriver(given, index, cuda)).toThrow(message);
  });

  test("nothing", () => {
    expect(() => checkDriver(driver, 0, 12000)).not.toThrow();
    expect(() => checkDriver(driver, 0, null)).not.toThrow();
  });
});

test.each([
  [
    "libonnxruntime_providers_cuda.so with error: libcublasLt.so.13: cannot open shared object file: No such file",
    "E_DEVICE",
    /libcublasLt\.so\.13 is missing.*setup cuda/,
  ],
  ["libcuda.so.1: cannot open shared object file", "E_DEVICE", /driver is not installed/],
  ["CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version", "E_DEVICE", /older than this CUDA/],
  ["CUDA failure 100: no CUDA-capable device is detected", "E_DEVICE", /finds no GPU/],
  ["CUDA failure 101: invalid device ordinal", "E_DEVICE", /no GPU of that number/],
  [
    "bfc_arena.cc:359 Failed to allocate memory for requested buffer of size 2147483648",
    "E_MEMORY",
    /2048 MiB more were needed.*batchSize smaller/,
  ],
  ["CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED", "E_MEMORY", /out of the device's memory/],
  ["CUDA failure 209: no kernel image is available", "E_DEVICE", /no code for this GPU's generation/],
  [
    "/src/cuda_call.cc:129 CUDA failure 700: an illegal memory access ; GPU=0 ; hostname=secret ; file=x.cc",
    "E_DEVICE",
    /^device cuda:0: CUDA failure 700: an illegal memory access\. /,
  ],
  ["/src/graph.cc:1 void f() [ONNXRuntimeError] : 1 : FAIL : Node () is odd", "E_INTERNAL", /Node \(\) is odd.*bug/],
])("%s", (message, code, text) => {
  const error = explainCuda(message, undefined, { index: 0 });
  expect(error.code).toBe(code);
  expect(error.message).toMatch(text);
  expect(error.message).not.toMatch(/secret/);
});

describe("installations", () => {
  test("setup's folder, with paths of its own", () => {
    const home = path.join(folder, "home");
    mkdirSync(home);
    writeFileSync(path.join(home, CUDA_FILE), JSON.stringify({ library: "a/lib.so", preload: ["b/c.so", "/d/e.so"] }));
    expect(findCuda(home)).toEqual({
      library: path.join(home, "a/lib.so"),
      preload: [path.join(home, "b/c.so"), "/d/e.so"],
    });
  });

  test("a library that does not load is named", async () => {
    const file = path.join(folder, "libcudart.so.13");
    writeFileSync(file, "no library");
    await expect(preloadCuda({ preload: [file] })).rejects.toThrow(
      /device cuda: libcudart\.so\.13 cannot be loaded: .*setup cuda/,
    );
  });

  test("the provider's name", () => {
    expect(cudaProviderFile).toMatch(/onnxruntime_providers_cuda/);
  });
});

test("where nothing is installed, one clear line", async ({ skip }) => {
  const before = process.env["LEJEPA_CUDA"];
  process.env["LEJEPA_CUDA"] = path.join(folder, "nowhere");
  try {
    if (findCuda() !== undefined) return skip("onnxruntime-node has its CUDA provider here");
    await expect(createEngine({ device: "cuda" })).rejects.toMatchObject({
      code: "E_DEVICE",
      message: "device cuda: is not installed. Install it with `lejepa setup cuda`, or run with another device.",
    });
  } finally {
    if (before === undefined) delete process.env["LEJEPA_CUDA"];
    else process.env["LEJEPA_CUDA"] = before;
  }
});

test.each([
  [{ device: "cpu", deviceIndex: 1 } as const, /device index: is an option of cuda, not of cpu/],
  [{ device: "webgpu", memoryLimit: 1e9 } as const, /memoryLimit: is an option of cuda, not of webgpu/],
  [{ device: "cuda", runtime: "native" } as const, /runtime: is an option of cpu and webgpu, not of cuda/],
  [{ device: "cuda", deviceIndex: -1 } as const, /device index: expected a whole number from 0, got -1/],
  [
    { device: "cpu", precision: "tf32" } as const,
    /precision on cpu: expected float32, got tf32\. It is there on cuda\./,
  ],
])("%o is refused", async (options, message) => {
  await expect(createEngine(options)).rejects.toThrow(message);
});

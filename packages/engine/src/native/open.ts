// Opens a runtime of the C API for a device, after a look at whether everything it needs is there: what is missing is said
// here, in words, before native code trips over it.
import { LejepaError } from "@lejepa/contracts";
import { freeHostMemory } from "../host-memory.ts";
import { type CudaDriver, cudaDriver, cudaVersionText } from "./cuda-driver.ts";
import { findCuda, preloadCuda, SETUP_HINT } from "./cuda-install.ts";
import { openLibrary } from "./library.ts";
import { NativeRuntime } from "./native-runtime.ts";
import { type CudaOptions, cpuProvider, cudaProvider, webgpuProvider } from "./providers.ts";

/** The runtime of a device that onnxruntime-node's binding has, too. */
export async function openNative(device: "cpu" | "webgpu", threads: number | undefined): Promise<NativeRuntime> {
  const provider = device === "cpu" ? cpuProvider : webgpuProvider;
  // WebGPU does not tell how much memory a GPU has
  const freeMemory = device === "cpu" ? freeHostMemory : () => undefined;
  return new NativeRuntime({ library: await openLibrary(), provider, device, threads, freeMemory });
}

/**
 * The runtime of the device `cuda`.
 *
 * @throws LejepaError E_DEVICE when it is not installed, there is no driver or too old a one, no such GPU, or a library does
 * not load
 */
export async function openCuda(options: CudaOptions, threads: number | undefined): Promise<NativeRuntime> {
  const install = findCuda();
  if (install === undefined)
    throw unusable("is not installed", "Install it with `lejepa setup cuda`, or run with another device.");
  const driver = await cudaDriver();
  // before hundreds of megabytes are loaded for nothing
  checkDriver(driver, options.index, null);
  const { cuda } = await preloadCuda(install);
  checkDriver(driver, options.index, cuda);
  const library = await openLibrary(install.library);
  if (!library.providers().includes("CUDAExecutionProvider"))
    throw unusable("ONNX Runtime was built without CUDA", SETUP_HINT);
  const { memoryLimit = Number.POSITIVE_INFINITY, index } = options;
  const memory = Math.min(memoryLimit, driver.ok ? (driver.devices[index]?.memoryBytes ?? memoryLimit) : memoryLimit);
  const freeMemory = (): number => memory;
  return new NativeRuntime({ library, provider: cudaProvider(options), device: "cuda", threads, freeMemory });
}

/**
 * Checks that the driver is there, drives GPU `index`, and is new enough for CUDA `cuda` (e.g. 13000), if that is known.
 *
 * @throws LejepaError E_DEVICE
 */
export function checkDriver(driver: CudaDriver, index: number, cuda: number | null): void {
  if (!driver.ok) throw unusable(driver.problem, "Install the driver, or run with another device.");
  if (cuda !== null && Math.floor(driver.version / 1000) < Math.floor(cuda / 1000)) {
    const problem = `the driver runs CUDA ${cudaVersionText(driver.version)}, the libraries are of ${cudaVersionText(cuda)}`;
    throw unusable(problem, "Install a newer driver, or the libraries of an older CUDA: `lejepa setup cuda`.");
  }
  if (driver.devices[index] === undefined) throw noSuchGpu(index, driver.devices.length);
}

const unusable = (problem: string, hint: string): LejepaError =>
  new LejepaError({ code: "E_DEVICE", where: "device cuda", problem, hint });

function noSuchGpu(index: number, count: number): LejepaError {
  if (count === 0)
    return unusable(
      "the driver finds no GPU",
      "Look at nvidia-smi and CUDA_VISIBLE_DEVICES, or run with another device.",
    );
  const expected = count === 1 ? "0" : `0 to ${count - 1}`;
  const hint = "`lejepa doctor` lists the GPUs.";
  return new LejepaError({ code: "E_DEVICE", where: "device index", expected, got: String(index), hint });
}

// What an installation for the device `cuda` is worth without a GPU: do its libraries load, of which versions are they, does
// its ONNX Runtime compute. Loads hundreds of megabytes, so `lejepa setup cuda` calls it in a process of its own.
import { existsSync } from "node:fs";
import path from "node:path";
import { apply1 } from "../graph/build.ts";
import { encodeModel } from "../graph/proto.ts";
import type { Value } from "../graph/value.ts";
import { type CudaInstall, cudaProviderFile, preloadCuda } from "./cuda-install.ts";
import { loadForever, loadKoffi, openLibrary } from "./library.ts";
import { NativeRuntime } from "./native-runtime.ts";
import { cpuProvider } from "./providers.ts";

/** What was found. */
export interface CudaCheck {
  /** Version of ONNX Runtime. */
  readonly onnxruntime: string;
  /** Version of CUDA's runtime, e.g. 13000; null: the system's, or none. */
  readonly cuda: number | null;
  /** Version of cuDNN, e.g. 91300; null: the system's, or none. */
  readonly cudnn: number | null;
  /** Libraries that ONNX Runtime's CUDA provider needs and the system's loader does not find, in its own words. */
  readonly missing: string | null;
}

/**
 * Loads everything and computes a sum on ONNX Runtime's CPU kernels.
 *
 * @throws LejepaError E_DEVICE when a library of the installation does not load
 */
export async function checkCuda(install: CudaInstall): Promise<CudaCheck> {
  const versions = await preloadCuda(install);
  const library = await openLibrary(install.library);
  const runtime = new NativeRuntime({
    library,
    provider: cpuProvider,
    device: "cpu",
    threads: 1,
    freeMemory: () => undefined,
  });
  const x: Value = { shape: [2], dtype: "float32", origin: { kind: "input", name: "x" } };
  const session = await runtime.createSession(encodeModel([apply1("Add", [x, x], x)]));
  const { out0 } = await session.run({ x: await runtime.hostValue(Float32Array.of(1, -3), [2], "float32") });
  await session.release();
  if (String(out0?.data) !== "2,-6") throw new Error(`1 + 1, -3 - 3 came out as ${String(out0?.data)}`);
  return { onnxruntime: library.version, ...versions, missing: await providerProblem(install) };
}

/** Why the CUDA provider cannot be loaded. Without a driver it cannot, but then everything else has been found. */
async function providerProblem({ library }: CudaInstall): Promise<string | null> {
  const koffi = await loadKoffi();
  const folder = path.dirname(library);
  const shared = path.join(folder, cudaProviderFile.replace("cuda", "shared"));
  try {
    if (existsSync(shared)) loadForever(koffi, shared, { global: true });
    loadForever(koffi, path.join(folder, cudaProviderFile), { lazy: true });
    return null;
  } catch (error) {
    return /(\S+\.so[\w.]*): cannot open/.exec((error as Error).message)?.[1] ?? (error as Error).message;
  }
}

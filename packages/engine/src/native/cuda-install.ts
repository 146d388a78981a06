// The libraries that the device `cuda` needs: where they are found, and how they are loaded before ONNX Runtime asks for
// them by name. Not how they get there (`lejepa setup cuda`).
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { LejepaError } from "@lejepa/contracts";
import { dataFolder } from "../data-folder.ts";
import { bundledLibrary, loadForever, loadKoffi } from "./library.ts";

/** An installation. */
export interface CudaInstall {
  /** A libonnxruntime with its CUDA provider beside it. */
  readonly library: string;
  /** CUDA's and cuDNN's libraries, in the order they are loaded; empty: the system finds them. */
  readonly preload: readonly string[];
}

/** File of setup's folder that says what is there; paths are relative to the folder, or absolute. */
export const CUDA_FILE = "cuda.json";

/** ONNX Runtime's CUDA provider, a library of its own. */
export const cudaProviderFile =
  process.platform === "win32" ? "onnxruntime_providers_cuda.dll" : "libonnxruntime_providers_cuda.so";

/** Where `lejepa setup cuda` installs: the folder that `LEJEPA_CUDA` names, else one in the user's folder for data. */
export const cudaHome = (): string => dataFolder("LEJEPA_CUDA", "cuda");

/** The installation that is used: setup's, else onnxruntime-node's own when its install script has put the provider there. */
export function findCuda(home = cudaHome()): CudaInstall | undefined {
  const file = path.join(home, CUDA_FILE);
  if (existsSync(file)) {
    const { library, preload } = JSON.parse(readFileSync(file, "utf8")) as CudaInstall;
    const absolute = (entry: string): string => path.resolve(home, entry);
    return { library: absolute(library), preload: preload.map(absolute) };
  }
  const bundled = bundledLibrary();
  const provider = path.join(path.dirname(bundled), cudaProviderFile);
  return existsSync(provider) ? { library: bundled, preload: [] } : undefined;
}

/**
 * The libraries of CUDA and cuDNN that ONNX Runtime's provider asks for, by the names that the loader knows them by. Order:
 * a library after those that it needs itself.
 */
export const cudaLibraryNames = [
  "cudart",
  "nvJitLink",
  "cublasLt",
  "cublas",
  "nvrtc",
  "curand",
  "cufft",
  "cudnn",
] as const;

/** What is loaded says of itself. */
export interface CudaVersions {
  /** E.g. 13000; null when no runtime library was among those loaded. */
  readonly cuda: number | null;
  /** E.g. 91002; null without cuDNN. */
  readonly cudnn: number | null;
}

/**
 * Loads the libraries into this process.
 *
 * @throws LejepaError E_DEVICE naming the one that cannot be loaded
 */
export async function preloadCuda({ preload }: Pick<CudaInstall, "preload">): Promise<CudaVersions> {
  const koffi = await loadKoffi();
  let [cuda, cudnn]: [number | null, number | null] = [null, null];
  for (const file of preload) {
    const name = path.basename(file);
    try {
      const library = loadForever(koffi, file);
      if (/cudart/.test(name)) {
        const version: [number] = [0];
        (library.func("int cudaRuntimeGetVersion(_Out_ int *version)") as unknown as (v: [number]) => number)(version);
        [cuda] = version;
      }
      if (/^(lib)?cudnn(64)?[._]/.test(name))
        cudnn = Number((library.func("size_t cudnnGetVersion()") as unknown as () => number)());
    } catch (cause) {
      const problem = `${name} cannot be loaded: ${reason(cause)}`;
      throw new LejepaError({ code: "E_DEVICE", where: "device cuda", problem, hint: SETUP_HINT, cause });
    }
  }
  return { cuda, cudnn };
}

/** What to do when something of the installation is missing. */
export const SETUP_HINT = "Install it anew with `lejepa setup cuda`.";

const reason = (cause: unknown): string => ((cause as Error).message.split("\n")[0] ?? "").replace(/^.*?: /, "");

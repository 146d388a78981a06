// NVIDIA's driver, asked through its own library: is it there, what does it drive. Computes nothing and needs no CUDA.
import { loadForever, loadKoffi } from "./library.ts";

/** A GPU as the driver numbers it. */
export interface CudaDevice {
  readonly index: number;
  readonly name: string;
  readonly memoryBytes: number;
  /** Compute capability, e.g. `9.0`. */
  readonly capability: string;
}

/** The driver's word. */
export type CudaDriver =
  | {
      readonly ok: true;
      /** Newest CUDA that the driver can run, e.g. 13000 for 13.0. */
      readonly version: number;
      readonly devices: readonly CudaDevice[];
    }
  | { readonly ok: false; readonly problem: string };

/** Codes of CUresult that stand for "nothing to drive". */
const NO_DEVICE = 100;
const CAPABILITY_MAJOR = 75;
const CAPABILITY_MINOR = 76;

type Native = (...args: unknown[]) => number;

/** Name of the driver's library on this platform; undefined where NVIDIA makes none. */
function libraryName(): string | undefined {
  if (process.platform === "linux") return "libcuda.so.1";
  return process.platform === "win32" ? "nvcuda.dll" : undefined;
}

/** Looks for the driver and its GPUs; never throws for what a machine lacks. `name`: the driver's library. */
export async function cudaDriver(name = libraryName()): Promise<CudaDriver> {
  if (name === undefined) return { ok: false, problem: `there is no CUDA on ${process.platform}` };
  const koffi = await loadKoffi();
  let library: ReturnType<typeof koffi.load>;
  try {
    library = loadForever(koffi, name);
  } catch {
    return { ok: false, problem: `NVIDIA's driver is not installed (${name} is not found)` };
  }
  const fn = (declaration: string): Native => library.func(declaration) as unknown as Native;
  const version: [number] = [0];
  fn("int cuDriverGetVersion(_Out_ int *version)")(version);
  const started = fn("int cuInit(unsigned int flags)")(0);
  if (started === NO_DEVICE) return { ok: true, version: version[0], devices: [] };
  if (started !== 0)
    return { ok: false, problem: `NVIDIA's driver does not start (cuInit gives ${started}; does nvidia-smi work?)` };
  return { ok: true, version: version[0], devices: devicesOf(fn) };
}

function devicesOf(fn: (declaration: string) => Native): CudaDevice[] {
  const attribute = fn("int cuDeviceGetAttribute(_Out_ int *value, int attribute, int device)");
  const nameOf = fn("int cuDeviceGetName(char *name, int length, int device)");
  const memoryOf = fn("int cuDeviceTotalMem_v2(_Out_ size_t *bytes, int device)");
  const count: [number] = [0];
  fn("int cuDeviceGetCount(_Out_ int *count)")(count);
  return Array.from({ length: count[0] }, (_, index) => {
    const name = Buffer.alloc(256);
    const memory: [number] = [0];
    const [major, minor]: [[number], [number]] = [[0], [0]];
    nameOf(name, name.length, index);
    memoryOf(memory, index);
    attribute(major, CAPABILITY_MAJOR, index);
    attribute(minor, CAPABILITY_MINOR, index);
    return {
      index,
      name: name.toString("utf8", 0, name.indexOf(0)),
      memoryBytes: Number(memory[0]),
      capability: `${major[0]}.${minor[0]}`,
    };
  });
}

/** 13000 -> `13.0`. */
export const cudaVersionText = (version: number): string =>
  `${Math.floor(version / 1000)}.${Math.floor((version % 1000) / 10)}`;

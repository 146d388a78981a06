// What computes a native session: ONNX Runtime's CPU kernels, WebGPU or CUDA. How each is appended to a session's options,
// where its memory is, and what its failures mean to a user.
import { LejepaError } from "@lejepa/contracts";
import { type Cause, knownFailure } from "../runtime/failures.ts";
import type { SessionNeeds } from "../runtime/graph-runtime.ts";
import { refusal } from "../runtime/session.ts";
import { SETUP_HINT } from "./cuda-install.ts";
import type { OrtLibrary, Pointer } from "./library.ts";
import { Turns } from "./turns.ts";

/** An execution provider. */
export interface Provider {
  /** Its memory, where that is not the host's. */
  readonly memory?: { readonly name: string; readonly index: number };
  /** Shared by all its sessions, where it takes no two calls at once. */
  readonly turns?: Turns;
  append(library: OrtLibrary, options: Pointer, needs: SessionNeeds): void;
  /** An error for the user. */
  explain(message: string, cause: unknown): LejepaError;
}

/** ONNX Runtime's own kernels: always there, and last in every session. */
export const cpuProvider: Provider = {
  append: () => {},
  explain: (message, cause) => refusal("cpu", message, cause),
};

/** Any GPU. */
export const webgpuProvider: Provider = {
  memory: { name: "WebGPU_Buffer", index: 0 },
  // all sessions record into one command encoder: calls from two threads crash the process (microsoft/onnxruntime#32561)
  turns: new Turns(),
  append: (library, options) => library.call("SessionOptionsAppendExecutionProvider", options, "WebGPU", [], [], 0),
  explain: (message, cause) => refusal("webgpu", message, cause),
};

/** How CUDA computes. */
export interface CudaOptions {
  /** The GPU, as the driver numbers them. */
  readonly index: number;
  /** Products of matrices and convolutions with 10 bits of mantissa: several times as fast. */
  readonly tf32: boolean;
  /** Bytes that ONNX Runtime's arena may take; undefined: all of the GPU's. */
  readonly memoryLimit: number | undefined;
}

/** NVIDIA's GPUs. */
export function cudaProvider(options: CudaOptions): Provider {
  return {
    memory: { name: "Cuda", index: options.index },
    append: (library, sessionOptions, { tf32 = false }) =>
      appendCuda(library, sessionOptions, { ...options, tf32: options.tf32 || tf32 }),
    explain: (message, cause) => explainCuda(message, cause, options),
  };
}

function appendCuda(library: OrtLibrary, sessionOptions: Pointer, { index, tf32, memoryLimit }: CudaOptions): void {
  const entries = Object.entries({
    device_id: String(index),
    use_tf32: tf32 ? "1" : "0",
    // shapes never change, so memory grows to what a step needs and no further; doubling would waste up to half
    arena_extend_strategy: "kSameAsRequested",
    // each convolution tries cuDNN's algorithms once, in the first step
    cudnn_conv_algo_search: "EXHAUSTIVE",
    ...(memoryLimit === undefined ? {} : { gpu_mem_limit: String(memoryLimit) }),
  });
  const cuda = library.make("CreateCUDAProviderOptions");
  try {
    const [keys, values] = [entries.map(([key]) => key), entries.map(([, value]) => value)];
    library.call("UpdateCUDAProviderOptions", cuda, keys, values, entries.length);
    library.call("SessionOptionsAppendExecutionProvider_CUDA_V2", sessionOptions, cuda);
  } finally {
    library.release("ReleaseCUDAProviderOptions", cuda);
  }
}

/** What is wrong, by what ONNX Runtime and the loader say. */
const causes: readonly Cause[] = [
  [
    /libcuda\.so\S*: cannot open/,
    () => "NVIDIA's driver is not installed",
    "Install the driver, or run with another device.",
  ],
  [/(lib[\w.+-]+\.so[\w.]*): cannot open/, ([, name]) => `the library ${name} is missing`, SETUP_HINT],
  [
    /driver version is insufficient|CUDA failure (?:35|36)\b/,
    () => "NVIDIA's driver is older than this CUDA",
    "Install a newer driver, or the libraries of an older CUDA: `lejepa setup cuda`.",
  ],
  [
    /no CUDA-capable device|CUDA failure 100\b/,
    () => "the driver finds no GPU",
    "Look at nvidia-smi and CUDA_VISIBLE_DEVICES, or run with another device.",
  ],
  [
    /invalid device ordinal|CUDA failure 101\b/,
    () => "there is no GPU of that number",
    "`lejepa doctor` lists them; choose with --device-index.",
  ],
  [
    /no kernel image|CUDA failure 209\b/,
    () => "this build of ONNX Runtime has no code for this GPU's generation",
    "Use --device webgpu, or a build of ONNX Runtime for it: `lejepa setup cuda --from folder`.",
  ],
];

/** A failure of CUDA, told from the user's side. */
export function explainCuda(message: string, cause: unknown, { index }: Pick<CudaOptions, "index">): LejepaError {
  const where = `device cuda:${index}`;
  const known = knownFailure(where, message, { cause, more: causes });
  if (known !== undefined) return known;
  // ONNX Runtime adds the machine's name and its own source files
  const failure = /(?:CUDA|CUDNN|CUBLAS|CUFFT)[\w ]* failure \d+: [^;]*/.exec(message)?.[0].trim();
  return new LejepaError({
    code: failure === undefined ? "E_INTERNAL" : "E_DEVICE",
    where,
    problem:
      failure ??
      `ONNX Runtime failed: ${(message.split("\n")[0] ?? "").replace(/^\/\S*( .*?\[ONNXRuntimeError\])?/, "").trim()}`,
    hint: failure === undefined ? "This is a bug of the engine." : "`lejepa doctor` looks at driver and GPUs.",
    cause,
  });
}

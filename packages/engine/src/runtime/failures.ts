// What ONNX Runtime's messages mean to a user, on any device. CUDA's own are in native/providers.ts.
import { type ErrorCode, LejepaError } from "@lejepa/contracts";

/** A pattern of a message, what it means, what to do, and the error's code where that is not E_DEVICE. */
export type Cause = readonly [
  pattern: RegExp,
  problem: (match: RegExpExecArray) => string,
  hint: string,
  code?: ErrorCode,
];

const SMALLER = "Make batchSize smaller (memory goes with it), or the images or the encoder.";

/** Failures of any device. */
const common: readonly Cause[] = [
  [
    /requested buffer of size (\d+)/,
    ([, bytes]) => `out of the device's memory: ${(Number(bytes) / 2 ** 20).toFixed(0)} MiB more were needed`,
    SMALLER,
    "E_MEMORY",
  ],
  [/out of memory|ALLOC_FAILED|bad_alloc|bad allocation/i, () => "out of the device's memory", SMALLER, "E_MEMORY"],
  [
    /get a WebGPU adapter|no supported adapters/i,
    () => "no GPU was found",
    "Run with device cpu, or install the GPU's Vulkan driver.",
  ],
  [
    /device (?:was |is )?lost|DeviceLost|VK_ERROR_DEVICE_LOST/i,
    () => "the GPU was lost while it computed (driver reset, or sleep)",
    "Go on from the last checkpoint: `lejepa pretrain --resume`.",
  ],
];

/** The error that `message` stands for, if it is something that a user can change; `more` is looked at first. */
export function knownFailure(
  where: string,
  message: string,
  { cause, more = [] }: { readonly cause: unknown; readonly more?: readonly Cause[] },
): LejepaError | undefined {
  for (const [pattern, problem, hint, code = "E_DEVICE"] of [...more, ...common]) {
    const match = pattern.exec(message);
    if (match !== null) return new LejepaError({ code, where, problem: problem(match), hint, cause });
  }
  return undefined;
}

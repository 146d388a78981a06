// Sessions of onnxruntime-node's binding: one per compiled graph and device.
import os from "node:os";
import { LejepaError } from "@lejepa/contracts";
import type { InferenceSession, Tensor } from "onnxruntime-common";
import type { Model } from "../graph/proto.ts";
import type { ElementType, HostData } from "../graph/value.ts";
import { knownFailure } from "./failures.ts";
import type { SessionNeeds } from "./graph-runtime.ts";

type Runtime = typeof import("onnxruntime-node");

let loading: Promise<Runtime> | undefined;

/** ONNX Runtime's Node binding, loaded on first use. */
function loadRuntime(): Promise<Runtime> {
  loading ??= import("onnxruntime-node");
  return loading;
}

/** Devices of the binding. */
export type BindingDevice = "cpu" | "webgpu";

/** How sessions are made. */
export interface SessionSettings {
  readonly device: BindingDevice;
  /** Threads of one operator; default: the machine's cores. */
  readonly threads?: number | undefined;
}

function sessionOptions(
  { device, threads }: SessionSettings,
  { profilePrefix, resident = [], strict = false }: SessionNeeds,
): InferenceSession.SessionOptions {
  const locations = Object.fromEntries(resident.map((name) => [name, "gpu-buffer" as const]));
  const profiling = profilePrefix === undefined ? {} : { enableProfiling: true, profileFilePrefix: profilePrefix };
  return {
    executionProviders: [device],
    intraOpNumThreads: threads ?? os.availableParallelism(),
    graphOptimizationLevel: "all",
    // fatal only: errors come as exceptions, and would be printed as well
    logSeverityLevel: 4,
    // a planned block comes on top of what the first run took: 3.3 GB instead of 2.0 for a ViT-Ti step, at equal speed
    enableMemPattern: false,
    ...(device === "webgpu" && resident.length > 0 ? { preferredOutputLocation: locations } : {}),
    ...(strict ? { extra: { session: { disable_cpu_ep_fallback: "1" } } } : {}),
    ...profiling,
  };
}

/**
 * Makes a session.
 *
 * @throws LejepaError E_DEVICE when the device is not there, E_INTERNAL when the runtime refuses the graph
 */
export async function createSession(
  model: Model,
  settings: SessionSettings,
  needs: SessionNeeds = {},
): Promise<InferenceSession> {
  const runtime = await loadRuntime();
  try {
    return await runtime.InferenceSession.create(model.bytes, sessionOptions(settings, needs));
  } catch (cause) {
    throw refusal(settings.device, (cause as Error).message, cause);
  }
}

/**
 * Opens a model file that was not made here.
 *
 * @throws LejepaError E_DEVICE when the device is not there, E_DATA when the runtime refuses the file
 */
export async function openSession(file: string, settings: SessionSettings): Promise<InferenceSession> {
  const runtime = await loadRuntime();
  try {
    return await runtime.InferenceSession.create(file, {
      ...sessionOptions(settings, {}),
      // what a foreign model refuses is thrown; the runtime would also print it
      logSeverityLevel: 4,
    });
  } catch (cause) {
    const refused = refusal(settings.device, (cause as Error).message, cause);
    if (refused.code === "E_DEVICE") throw refused;
    const detail = (cause as Error).message.split("\n")[0] ?? "";
    throw new LejepaError({
      code: "E_DATA",
      where: file,
      problem: `ONNX Runtime cannot load it: ${detail.split(file).join("the file")}`,
      hint: "Is it a whole ONNX model, with its weights beside it?",
      cause,
    });
  }
}

/** What ONNX Runtime's message means: E_DEVICE when the device is not there, is lost or out of memory, else a bug. */
export function refusal(device: string, message: string, cause: unknown): LejepaError {
  const known = knownFailure(`device ${device}`, message, { cause });
  if (known !== undefined) return known;
  const detail = message.split("\n")[0] ?? "";
  const missingDevice = /adapter|webgpu|execution provider|backend not found/i.test(detail);
  return new LejepaError({
    code: missingDevice ? "E_DEVICE" : "E_INTERNAL",
    where: `engine(${device})`,
    problem: `ONNX Runtime failed: ${detail}`,
    hint: missingDevice ? "Run with device cpu, or install the GPU's Vulkan driver." : "This is a bug of the engine.",
    cause,
  });
}

/** A runtime tensor over host memory. */
export async function hostTensor(
  data: HostData | Uint16Array,
  shape: readonly number[],
  dtype: ElementType,
): Promise<Tensor> {
  const { Tensor } = await loadRuntime();
  // bfloat16 stays inside graphs
  return new Tensor(dtype as Exclude<ElementType, "bfloat16">, data as Float32Array, [...shape]);
}

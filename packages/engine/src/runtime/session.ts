// Sessions of ONNX Runtime: one per compiled graph and device.
import os from "node:os";
import { LejepaError } from "@lejepa/contracts";
import type { InferenceSession, Tensor } from "onnxruntime-common";
import type { Model } from "../graph/proto.ts";
import type { ElementType, HostData } from "../graph/value.ts";
import type { SessionDevice } from "../lower/index.ts";

type Runtime = typeof import("onnxruntime-node");

let loading: Promise<Runtime> | undefined;

/** ONNX Runtime's Node binding, loaded on first use. */
function loadRuntime(): Promise<Runtime> {
  loading ??= import("onnxruntime-node");
  return loading;
}

/** How sessions are made. */
export interface SessionSettings {
  readonly device: SessionDevice;
  /** Threads of one operator; default: the machine's cores. */
  readonly threads?: number | undefined;
  /** Prefix of the profile that ORT writes when the session is released. */
  readonly profilePrefix?: string;
  /** Outputs that stay in device memory; the others come back to the host. */
  readonly resident?: readonly string[];
}

function sessionOptions({
  device,
  threads,
  profilePrefix,
  resident = [],
}: SessionSettings): InferenceSession.SessionOptions {
  const locations = Object.fromEntries(resident.map((name) => [name, "gpu-buffer" as const]));
  const profiling = profilePrefix === undefined ? {} : { enableProfiling: true, profileFilePrefix: profilePrefix };
  return {
    executionProviders: [device],
    intraOpNumThreads: threads ?? os.availableParallelism(),
    graphOptimizationLevel: "all",
    logSeverityLevel: 3,
    // a planned block comes on top of what the first run took: 3.3 GB instead of 2.0 for a ViT-Ti step, at equal speed
    enableMemPattern: false,
    ...(device === "webgpu" && resident.length > 0 ? { preferredOutputLocation: locations } : {}),
    ...profiling,
  };
}

/**
 * Makes a session.
 *
 * @throws LejepaError E_DEVICE when the device is not there, E_INTERNAL when the runtime refuses the graph
 */
export async function createSession(model: Model, settings: SessionSettings): Promise<InferenceSession> {
  const runtime = await loadRuntime();
  try {
    return await runtime.InferenceSession.create(model.bytes, sessionOptions(settings));
  } catch (cause) {
    const detail = String((cause as Error).message).split("\n")[0] ?? "";
    if (missingDevice.test(detail)) throw noDevice(settings, detail, cause);
    throw new LejepaError({
      code: "E_INTERNAL",
      where: `engine(${settings.device})`,
      problem: `ONNX Runtime refused the graph: ${detail}`,
      hint: "This is a bug of the engine.",
      cause,
    });
  }
}

const missingDevice = /adapter|webgpu|execution provider|backend not found/i;

const noDevice = ({ device }: SessionSettings, detail: string, cause: unknown): LejepaError =>
  new LejepaError({
    code: "E_DEVICE",
    where: `engine(${device})`,
    problem: `ONNX Runtime refused the graph: ${detail}`,
    hint: "Run with device cpu, or install the GPU's Vulkan driver.",
    cause,
  });

/**
 * Opens a model file that was not made here.
 *
 * @throws LejepaError E_DEVICE when the device is not there, E_DATA when the runtime refuses the file
 */
export async function openSession(file: string, settings: SessionSettings): Promise<InferenceSession> {
  const runtime = await loadRuntime();
  try {
    return await runtime.InferenceSession.create(file, {
      ...sessionOptions(settings),
      // what a foreign model refuses is thrown; the runtime would also print it
      logSeverityLevel: 4,
    });
  } catch (cause) {
    const detail = String((cause as Error).message).split("\n")[0] ?? "";
    if (missingDevice.test(detail)) throw noDevice(settings, detail, cause);
    throw new LejepaError({
      code: "E_DATA",
      where: file,
      problem: `ONNX Runtime cannot load it: ${detail.split(file).join("the file")}`,
      hint: "Is it a whole ONNX model, with its weights beside it?",
      cause,
    });
  }
}

/** A runtime tensor over host memory. */
export async function hostTensor(
  data: HostData | Uint16Array,
  shape: readonly number[],
  dtype: ElementType | "float16",
): Promise<Tensor> {
  const { Tensor } = await loadRuntime();
  return new Tensor(dtype, data as Float32Array, [...shape]);
}

// Models that others made, as ONNX files: their inputs and outputs, and how to run them. Not what this engine traces
// (program.ts), and nothing about what a model means.
import { existsSync } from "node:fs";
import { LejepaError } from "@lejepa/contracts";
import type { InferenceSession, Tensor } from "onnxruntime-common";
import { hostTensor, openSession } from "./runtime/session.ts";

/** An input or output of a model. */
export interface OnnxPort {
  readonly name: string;
  /** ONNX Runtime's name of the element type; undefined for sequences and maps. */
  readonly type: string | undefined;
  /** Numbers where fixed, names where free; empty when the file does not say. */
  readonly shape: readonly (number | string)[];
}

/** What a model takes and gives: float16 as the bits of each number. */
export interface OnnxTensor {
  readonly type: "float32" | "float16";
  readonly shape: readonly number[];
  readonly data: Float32Array | Uint16Array;
}

/** An open model. */
export interface OnnxModel {
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
  /**
   * Runs it once, computing only the outputs asked for.
   *
   * @throws LejepaError E_SHAPE when the model refuses its input, E_DTYPE for an output that is no floating-point tensor
   */
  run(input: { readonly name: string; readonly tensor: OnnxTensor }, outputs: readonly string[]): Promise<OnnxTensor[]>;
  dispose(): Promise<void>;
}

/**
 * Opens an ONNX file; weights in a file beside it are found by ONNX Runtime.
 *
 * @throws LejepaError E_DATA when it is no ONNX model or is cut off, E_DEVICE
 */
export async function openOnnxModel(
  file: string,
  { device = "cpu", threads }: { readonly device?: "cpu" | "webgpu"; readonly threads?: number | undefined } = {},
): Promise<OnnxModel> {
  if (!existsSync(file)) {
    throw new LejepaError({ code: "E_DATA", where: file, expected: "an ONNX file", got: "no such file" });
  }
  const session = await openSession(file, { device, threads });
  return {
    inputs: session.inputMetadata.map(portOf),
    outputs: session.outputMetadata.map(portOf),
    run: (input, outputs) => run(session, file, { ...input, outputs }),
    dispose: () => session.release(),
  };
}

function portOf(meta: InferenceSession.ValueMetadata): OnnxPort {
  return meta.isTensor
    ? { name: meta.name, type: meta.type, shape: meta.shape }
    : { name: meta.name, type: undefined, shape: [] };
}

interface Call {
  readonly name: string;
  readonly tensor: OnnxTensor;
  readonly outputs: readonly string[];
}

async function run(session: InferenceSession, where: string, { name, tensor, outputs }: Call): Promise<OnnxTensor[]> {
  const { data, shape, type } = tensor;
  const fed = await hostTensor(data, shape, type);
  let results: Readonly<Record<string, Tensor>>;
  try {
    results = (await session.run({ [name]: fed }, [...outputs], { logSeverityLevel: 4 })) as Readonly<
      Record<string, Tensor>
    >;
  } catch (cause) {
    throw new LejepaError({
      code: "E_SHAPE",
      where,
      problem: `refused its input ${name} [${shape.join(", ")}]: ${firstLine(cause)}`,
      cause,
    });
  }
  return outputs.map((output) => tensorOf(results[output] as Tensor, `${where}: ${output}`));
}

function tensorOf({ type, dims, data }: Tensor, where: string): OnnxTensor {
  if (type === "float32") return { type, shape: dims, data: data as Float32Array };
  if (type !== "float16") throw new LejepaError({ code: "E_DTYPE", where, expected: "float32 or float16", got: type });
  // newer Node versions have an array type for halves
  const { buffer, byteOffset, byteLength } = data as Uint16Array;
  return { type, shape: dims, data: new Uint16Array(buffer, byteOffset, byteLength / 2) };
}

const firstLine = (cause: unknown): string => String((cause as Error).message).split("\n")[0] ?? "";

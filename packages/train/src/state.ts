// The training state on the device: three flat vectors of parameters and moments, one of running statistics, and the loss's
// scale in float16. Not its file form (checkpoint.ts).
import type { Config } from "@lejepa/contracts";
import type { DeviceTensor, Engine } from "@lejepa/engine";
import { firstScaling, scalesLoss, scalingLength } from "./loss-scaling.ts";
import { type Model, type ModelValues, stateShape } from "./model.ts";

/** The state on the host. */
export interface StateValues extends ModelValues {
  /** First moments of AdamW, laid out as the parameters. */
  readonly m: Float32Array;
  /** Second moments of AdamW. */
  readonly v: Float32Array;
  /** State of the loss scaling (loss-scaling.ts), where the loss is scaled. */
  readonly scaling?: Float32Array;
}

/** The state on the device; the names are inputs of the step. */
export interface TrainingState {
  readonly theta: DeviceTensor;
  readonly m: DeviceTensor;
  readonly v: DeviceTensor;
  /** Absent when the model has no running statistics. */
  readonly buffers?: DeviceTensor;
  /** Absent when the loss is not scaled. */
  readonly scaling?: DeviceTensor;
}

/** State at the start of a run of a precision: initial values, moments of zero, and the loss's first scale if it has one. */
export function freshState(
  { parameters, buffers }: ModelValues,
  precision: Config["precision"] = "float32",
): StateValues {
  const moments = { m: new Float32Array(parameters.length), v: new Float32Array(parameters.length) };
  return { parameters, buffers, ...moments, ...(scalesLoss(precision) && { scaling: firstScaling() }) };
}

/** Copies the state to the engine's device. */
export async function uploadState(
  engine: Engine,
  model: Pick<Model, "parameters">,
  values: StateValues,
): Promise<TrainingState> {
  const { parameters, m, v, buffers, scaling } = values;
  // copied, since a tensor on the CPU keeps the array and training overwrites it
  const vector = (data: Float32Array): Promise<DeviceTensor> => engine.tensor(data.slice(), stateShape(model));
  return {
    theta: await vector(parameters),
    m: await vector(m),
    v: await vector(v),
    ...(buffers.length > 0 && { buffers: await engine.tensor(buffers.slice(), [buffers.length]) }),
    ...(scaling && { scaling: await engine.tensor(scaling.slice(), [scalingLength]) }),
  };
}

/** Copies the state to the host. */
export async function readState({ theta, m, v, buffers, scaling }: TrainingState): Promise<StateValues> {
  const read = async (tensor: DeviceTensor): Promise<Float32Array> => (await tensor.read()) as Float32Array;
  return {
    parameters: await read(theta),
    m: await read(m),
    v: await read(v),
    buffers: buffers === undefined ? new Float32Array(0) : await read(buffers),
    ...(scaling && { scaling: await read(scaling) }),
  };
}

/** Frees the state. */
export function disposeState(state: TrainingState): void {
  for (const tensor of Object.values(state) as DeviceTensor[]) tensor.dispose();
}

/** Values by tensor name, parameters and buffers: views into the flat vectors. */
export function namedValues(
  model: Pick<Model, "parameters" | "buffers">,
  { parameters, buffers }: ModelValues,
): Map<string, Float32Array> {
  const named = new Map<string, Float32Array>();
  for (const [flat, { entries }] of [
    [parameters, model.parameters],
    [buffers, model.buffers],
  ] as const) {
    for (const { name, offset, size } of entries) named.set(name, flat.subarray(offset, offset + size));
  }
  return named;
}

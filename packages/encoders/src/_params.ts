// Small builders of parameter specifications, and access to tensors by name.
import { LejepaError } from "@lejepa/contracts";
import type * as tf from "@tensorflow/tfjs";
import type { InitSpec, Params, ParamSpec } from "./contract.ts";

export const zeros: InitSpec = { type: "constant", value: 0 };
export const ones: InitSpec = { type: "constant", value: 1 };

/** PyTorch's default for dense and convolution layers: uniform within 1/sqrt(fanIn). */
export const torchUniform = (fanIn: number): InitSpec => ({ type: "uniform", bound: 1 / Math.sqrt(fanIn) });

/** A trained tensor. */
export function parameter(name: string, shape: readonly number[], init: InitSpec, decay: boolean): ParamSpec {
  return { name, shape, init, kind: "parameter", decay };
}

/** Weight and bias `[dim]` of a norm. */
export function normParams(name: string, dim: number, weight: InitSpec = ones): ParamSpec[] {
  return [parameter(`${name}.weight`, [dim], weight, false), parameter(`${name}.bias`, [dim], zeros, false)];
}

/** The tensor called `name`. @throws LejepaError E_SHAPE when there is none */
export function param(params: Params, name: string): tf.Tensor {
  const tensor = params[name];
  if (tensor !== undefined) return tensor;
  throw new LejepaError({
    code: "E_SHAPE",
    where: "forward",
    expected: `a parameter called ${name}`,
    got: "none",
    hint: "Pass every tensor listed in `params`, parameters and buffers.",
  });
}

/** `{ weight, bias }` of the layer called `name`. */
export const layer = (params: Params, name: string): { readonly weight: tf.Tensor; readonly bias: tf.Tensor } => ({
  weight: param(params, `${name}.weight`),
  bias: param(params, `${name}.bias`),
});

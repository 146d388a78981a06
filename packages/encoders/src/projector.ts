// The MLP between encoder and loss. Not part of what is exported: features for use are taken before it.
// The paper (section 6.1) uses 1 to 3 layers with batch norm; d-2048-2048-64 is the default.
import { expectShape } from "@lejepa/contracts";
import { linear } from "@lejepa/engine";
import * as tf from "@tensorflow/tfjs";
import { batchNormParams, linearNorm } from "./_batch-norm.ts";
import { checkOptions, integer, integers, type Rule, text } from "./_options.ts";
import { layer, parameter, torchUniform } from "./_params.ts";
import type { ForwardContext, Params, ParamSpec, Projector } from "./contract.ts";

/** Options of {@link createProjector}. */
export interface ProjectorOptions {
  /** The encoder's `featureDim`. */
  readonly inDim: number;
  /** Widths of the hidden layers. Default [2048, 2048]. */
  readonly hidden?: readonly number[] | undefined;
  /** Default 64. */
  readonly outDim?: number | undefined;
  /** Start of every parameter name. Default `projector.`. */
  readonly prefix?: string | undefined;
}

const rules: Readonly<Record<keyof ProjectorOptions, Rule>> = {
  inDim: integer(1),
  hidden: integers(1),
  outDim: integer(1),
  prefix: text,
};

/**
 * `Linear, BatchNorm, ReLU` for each hidden layer, then `Linear`; names are those of a PyTorch `Sequential`
 * (`projector.0.weight`, `projector.1.running_mean`, `projector.3.weight`, ...), initialised as PyTorch does.
 *
 * The dense layers before a norm have no bias: the norm removes it exactly.
 *
 * @throws LejepaError E_CONFIG for unknown or wrong options
 */
export function createProjector(options: ProjectorOptions): Projector {
  checkOptions("projector", options, { ...rules });
  const { inDim, hidden = [2048, 2048], outDim = 64, prefix = "projector." } = options;
  const widths = [inDim, ...hidden];
  const lastName = `${prefix}${3 * hidden.length}`;
  const params: ParamSpec[] = hidden.flatMap((width, i) => [
    parameter(`${prefix}${3 * i}.weight`, [width, widths[i] as number], torchUniform(widths[i] as number), true),
    ...batchNormParams(`${prefix}${3 * i + 1}`, width),
  ]);
  const lastIn = widths.at(-1) as number;
  params.push(
    parameter(`${lastName}.weight`, [outDim, lastIn], torchUniform(lastIn), true),
    parameter(`${lastName}.bias`, [outDim], torchUniform(lastIn), false),
  );
  return { name: "projector", params, inDim, outDim, forward };

  function forward(values: Params, x: tf.Tensor, context: ForwardContext): tf.Tensor2D {
    expectShape("projector", "x", x, [null, inDim]);
    const activations = hidden.reduce<tf.Tensor>((y, _, i) => {
      const names = { dense: `${prefix}${3 * i}`, norm: `${prefix}${3 * i + 1}` };
      return tf.relu(linearNorm(y, { params: values, context, ...names }));
    }, x);
    const { weight, bias } = layer(values, lastName);
    return linear(activations, weight, bias) as tf.Tensor2D;
  }
}

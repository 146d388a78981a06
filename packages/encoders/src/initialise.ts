// Initial values on the host. Not the choice of distributions: each parameter's specification says its own.
import { stream } from "@lejepa/contracts";
import type { ParamSpec } from "./contract.ts";

/**
 * Initial values by name: a pure function of specification and seed. Each tensor has a stream of its own
 * (`init:NAME`), so adding or reordering tensors changes no other.
 *
 * @throws LejepaError E_USAGE for a seed that is no non-negative integer
 */
export function initialise(params: readonly ParamSpec[], seed: number): Map<string, Float32Array> {
  return new Map(params.map((spec) => [spec.name, initialValues(spec, seed)]));
}

function initialValues({ name, shape, init }: ParamSpec, seed: number): Float32Array {
  const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
  if (init.type === "constant") return values.fill(init.value);
  const random = stream(seed, `init:${name}`);
  if (init.type === "uniform") return random.fillUniform(values, -init.bound, init.bound);
  random.fillNormal(values);
  for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) * init.std;
  return values;
}

// Between files and models: picks a model's tensors out of a file. Not a converter of other architectures' names.
import { LejepaError, nearest } from "@lejepa/contracts";
import type { ParamSpec } from "./contract.ts";
import type { StoredTensor, TensorToStore } from "./safetensors.ts";

/**
 * The values of exactly the tensors in `params`, by name; others in the file (a classifier, `num_batches_tracked`) are
 * left aside.
 *
 * @param options.where named in errors: the file
 * @throws LejepaError E_CHECKPOINT when a tensor is missing or has another shape
 */
export function selectWeights(
  params: readonly Pick<ParamSpec, "name" | "shape">[],
  tensors: ReadonlyMap<string, StoredTensor>,
  { where = "weights" }: { readonly where?: string } = {},
): Map<string, Float32Array> {
  return new Map(params.map((spec) => [spec.name, select(spec, tensors, where)]));
}

function select(
  { name, shape }: Pick<ParamSpec, "name" | "shape">,
  tensors: ReadonlyMap<string, StoredTensor>,
  where: string,
): Float32Array {
  const stored = tensors.get(name);
  if (stored === undefined) {
    const similar = nearest(name, tensors.keys());
    const hint = similar === undefined ? "The file is of another architecture." : `The nearest name is ${similar}.`;
    throw new LejepaError({ code: "E_CHECKPOINT", where, expected: `a tensor ${name}`, got: "none", hint });
  }
  if (stored.shape.length === shape.length && shape.every((size, i) => size === stored.shape[i])) return stored.data;
  throw new LejepaError({
    code: "E_CHECKPOINT",
    where: `${where}: ${name}`,
    expected: `shape [${shape.join(", ")}]`,
    got: `[${stored.shape.join(", ")}]`,
    hint: "Create the encoder with the options of the run that wrote the file.",
  });
}

/** Values by name with the shapes of their specifications, as {@link writeSafetensors} takes them. */
export function withShapes(
  params: readonly ParamSpec[],
  values: ReadonlyMap<string, Float32Array>,
): Map<string, TensorToStore> {
  return new Map(
    params.map(({ name, shape }) => {
      const data = values.get(name);
      if (data !== undefined) return [name, { shape, data }];
      throw new LejepaError({ code: "E_CHECKPOINT", where: name, expected: "values for every parameter", got: "none" });
    }),
  );
}

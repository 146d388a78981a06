// `lejepa setup`: installs what a device needs and npm does not bring. So far: TensorFlow.
import { LejepaError } from "@lejepa/contracts";
import type { Output } from "../output.ts";
import { setupTensorflow } from "../setup/tensorflow.ts";

/** Flags of the verb. */
export interface SetupFlags {
  readonly from?: string;
  readonly gpu?: boolean;
  readonly python: string;
}

/** Installs, computes with it, and says what came of it. */
export async function setup(what: string, flags: SetupFlags, output: Output): Promise<void> {
  if (what !== "tensorflow")
    throw new LejepaError({ code: "E_USAGE", where: "lejepa setup", expected: "tensorflow", got: what });
  const { from, gpu = false, python } = flags;
  if (from !== undefined && from !== "npm" && from !== "python")
    throw new LejepaError({ code: "E_USAGE", where: "--from", expected: "npm or python", got: from });
  const result = await setupTensorflow({ gpu, python, ...(from !== undefined && { from }) }, output.note);
  const { device, folder, tensorflow } = result;
  const name = tensorflow === null ? "tfjs-node as it is" : `TensorFlow ${tensorflow}`;
  const lines = [
    `${name} in ${folder}`,
    `works: ${device.gigaflops.toFixed(1)} GFLOP/s (matrix product), ${device.gpu ? "on the GPU" : "on the CPU"}`,
    "use it:  lejepa pretrain --device tensorflow",
  ];
  output.result(result, lines.join("\n"));
}

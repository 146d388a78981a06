// `lejepa setup`: installs what a device needs and npm does not bring: TensorFlow, CUDA.
import { LejepaError } from "@lejepa/contracts";
import type { Output } from "../output.ts";
import { describeCuda, setupCuda } from "../setup/cuda.ts";
import { setupTensorflow } from "../setup/tensorflow.ts";

/** Flags of the verb. */
export interface SetupFlags {
  readonly from?: string;
  readonly folder?: string;
  readonly gpu?: boolean;
  readonly python: string;
}

/** Installs, computes with it, and says what came of it; returns the exit status. */
export async function setup(what: string, flags: SetupFlags, output: Output): Promise<number> {
  if (what !== "tensorflow" && what !== "cuda")
    throw new LejepaError({ code: "E_USAGE", where: "lejepa setup", expected: "tensorflow or cuda", got: what });
  const { from, folder, gpu, python } = flags;
  const common = { python, ...(from !== undefined && { from: wayOf(from) }) };
  if (what === "cuda") {
    refuseFlag("--gpu", gpu !== undefined, what);
    const result = await setupCuda({ ...common, ...(folder !== undefined && { folder }) }, output.note);
    output.result(result, describeCuda(result).join("\n"));
    return result.device.ok ? 0 : 1;
  }
  refuseFlag("--folder", folder !== undefined, what);
  const result = await setupTensorflow({ ...common, gpu: gpu ?? false }, output.note);
  const { device, folder: place, tensorflow } = result;
  const name = tensorflow === null ? "tfjs-node as it is" : `TensorFlow ${tensorflow}`;
  const lines = [
    `${name} in ${place}`,
    `works: ${device.gigaflops.toFixed(1)} GFLOP/s (matrix product), ${device.gpu ? "on the GPU" : "on the CPU"}`,
    "use it:  lejepa pretrain --device tensorflow",
  ];
  output.result(result, lines.join("\n"));
  return 0;
}

function wayOf(from: string): "npm" | "python" {
  if (from === "npm" || from === "python") return from;
  throw new LejepaError({ code: "E_USAGE", where: "--from", expected: "npm or python", got: from });
}

function refuseFlag(flag: string, given: boolean, what: string): void {
  if (given) throw new LejepaError({ code: "E_USAGE", where: flag, problem: `is not an option of setup ${what}` });
}

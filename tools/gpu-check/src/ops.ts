// Every op on a device against tfjs's pure-JS backend.
import { createEngine, type Engine, type Precision } from "@lejepa/engine";
import { differences, opTable } from "@lejepa/engine/testing";

/** Kernels that agree, and what those that do not differ in. */
export interface OpsResult {
  readonly agree: number;
  readonly kernels: number;
  readonly differences: readonly string[];
}

/** Runs the whole table, in mixed precision where it is of 16 bits; a kernel that throws is a difference. */
export async function checkOps(device: Engine["device"], _quick: boolean, precision: Precision): Promise<OpsResult> {
  // a precision that the device lacks is said once, not for every kernel
  await (await createEngine({ device, precision })).dispose();
  const found: string[] = [];
  let agree = 0;
  const entries = Object.entries(opTable);
  for (const [kernel, entry] of entries) {
    const problems = await differences(kernel, entry, device as Exclude<typeof device, "reference">, {
      precision,
    }).catch((error: unknown) => [(error as Error).message]);
    if (problems.length === 0) agree++;
    else found.push(`${kernel}: ${problems.join("; ")}`);
  }
  return { agree, kernels: entries.length, differences: found };
}

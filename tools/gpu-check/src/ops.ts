// Every op on a device against tfjs's pure-JS backend.
import type { Engine } from "@lejepa/engine";
import { differences, opTable } from "@lejepa/engine/testing";

/** Kernels that agree, and what those that do not differ in. */
export interface OpsResult {
  readonly agree: number;
  readonly kernels: number;
  readonly differences: readonly string[];
}

/** Runs the whole table; a kernel that throws is a difference. */
export async function checkOps(device: Engine["device"]): Promise<OpsResult> {
  const found: string[] = [];
  let agree = 0;
  const entries = Object.entries(opTable);
  for (const [kernel, entry] of entries) {
    const problems = await differences(kernel, entry, device as Exclude<typeof device, "reference">).catch(
      (error: unknown) => [(error as Error).message],
    );
    if (problems.length === 0) agree++;
    else found.push(`${kernel}: ${problems.join("; ")}`);
  }
  return { agree, kernels: entries.length, differences: found };
}

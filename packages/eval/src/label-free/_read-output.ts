// One output of a compiled program on the host.
import { LejepaError } from "@lejepa/contracts";
import type { DeviceTensor } from "@lejepa/engine";

/** Copies an output to the host and frees it. */
export async function readOutput(outputs: Readonly<Record<string, DeviceTensor>>, name: string): Promise<Float32Array> {
  const tensor = outputs[name];
  if (tensor === undefined)
    throw new LejepaError({
      code: "E_INTERNAL",
      where: "readOutput",
      expected: name,
      got: Object.keys(outputs).join(", "),
    });
  const values = ((await tensor.read()) as Float32Array).slice();
  tensor.dispose();
  return values;
}

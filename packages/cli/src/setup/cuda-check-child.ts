// The program that loads an installation for the device `cuda`; one line of JSON on stdout. A library that aborts takes only
// this process with it.
import { checkCuda, findCuda } from "@lejepa/engine";

try {
  const install = findCuda(process.argv[2]);
  if (install === undefined) throw new Error("there is no installation");
  process.stdout.write(`${JSON.stringify(await checkCuda(install))}\n`);
} catch (error) {
  process.stdout.write(`${JSON.stringify({ problem: (error as Error).message })}\n`);
}

// Entry of `npm run demo`. Everything else is in demo.ts.
import { isLejepaError } from "@lejepa/contracts";
import { demo } from "./demo.ts";
import { help, readOptions } from "./options.ts";

try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) process.stdout.write(help);
  else await demo(options, (text) => process.stdout.write(`${text}\n`));
} catch (error) {
  if (!isLejepaError(error)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error.exitCode;
}

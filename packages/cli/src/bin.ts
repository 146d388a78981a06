// What bin/lejepa.js starts: arguments in, exit status out. No logic.
import { main } from "./main.ts";

process.exitCode = await main(process.argv.slice(2));

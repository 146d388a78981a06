// What bin/lejepa.js starts: arguments in, exit status out. No logic.
import { main } from "./main.ts";

// a reader that has seen enough (`lejepa plan | head`) is no failure
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(process.exitCode ?? 0);
  });
}

process.exitCode = await main(process.argv.slice(2));

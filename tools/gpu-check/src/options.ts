// The command line of gpu-check.
import { parseArgs } from "node:util";
import { deviceNames, LejepaError } from "@lejepa/contracts";

export const help = `npm run gpu-check [-- OPTIONS]

Checks and measures every device of this machine, the most telling first; results are written as they come.

  --device NAME   one device (repeatable): ${deviceNames.join(", ")} (all)
  --out DIR       where gpu-check.json and gpu-check.md go (gpu-check)
  --minutes N     when to stop (10)
  --quick         the smallest sizes: does it all run?
  --python FILE   the Python with torch, to compare with (python3)
  --help          this text
`;

/** What was asked for. */
export interface CheckOptions {
  readonly device: readonly string[];
  readonly out: string;
  readonly minutes: number;
  readonly quick: boolean;
  readonly python: string;
  readonly help: boolean;
}

/**
 * Reads the arguments.
 *
 * @throws LejepaError E_USAGE for an unknown option, or minutes that are no positive number
 */
export function readOptions(args: readonly string[]): CheckOptions {
  const text = { type: "string" } as const;
  const flag = { type: "boolean", default: false } as const;
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        device: { type: "string", multiple: true, default: [...deviceNames] },
        out: { ...text, default: "gpu-check" },
        minutes: { ...text, default: "10" },
        quick: flag,
        python: { ...text, default: "python3" },
        help: flag,
      },
    }));
  } catch (cause) {
    throw usage("gpu-check", { problem: (cause as Error).message.split(". ")[0] ?? "", cause });
  }
  const minutes = Number(values.minutes);
  if (!(minutes > 0)) throw usage("--minutes", { expected: "a positive number", got: values.minutes });
  return { ...values, minutes };
}

type Problem =
  | { readonly problem: string; readonly cause: unknown }
  | { readonly expected: string; readonly got: string };

const usage = (where: string, problem: Problem): LejepaError =>
  new LejepaError({ code: "E_USAGE", where, ...problem, hint: "See npm run gpu-check -- --help." });

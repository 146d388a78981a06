// The command line of the demo. Not the product's command line (@lejepa/cli).
import { parseArgs } from "node:util";
import { LejepaError } from "@lejepa/contracts";

export const help = `npm run demo [-- OPTIONS]

Trains a small encoder without labels on photographs that the repository carries (or on a folder of yours), then asks
how well kNN and a linear classifier tell the classes apart with its features, with those of the same network before
training, and with the raw pixels. Leaves a table, a JSON file, a picture of nearest neighbours and the runs in --out.

  --data DIR    a folder of images instead: one folder for each class, in train/ and test/ or split by the demo
  --seeds N     trainings to average over (3)
  --steps N     training steps of each (102; with --data about 19 600 images' worth: 153 steps of 128)
  --out DIR     where results go (runs/demo, or runs/demo-NAME with --data); results of an earlier demo are replaced
  --help        this text
`;

/** What was asked for. */
export interface DemoOptions {
  readonly data: string | undefined;
  readonly seeds: number;
  /** Undefined: as many as suit the images. */
  readonly steps: number | undefined;
  readonly out: string | undefined;
  readonly help: boolean;
}

/**
 * Reads the arguments.
 * @throws LejepaError E_USAGE for an unknown option or a number that is none
 */
export function readOptions(args: readonly string[]): DemoOptions {
  const text = { type: "string" } as const;
  try {
    const options = { data: text, out: text, seeds: text, steps: text, help: { type: "boolean" } } as const;
    const { values } = parseArgs({ args: [...args], options });
    const { data, out, seeds = "3", steps, help: wanted = false } = values;
    return {
      data,
      out,
      seeds: whole("--seeds", seeds),
      steps: steps === undefined ? undefined : whole("--steps", steps),
      help: wanted,
    };
  } catch (cause) {
    if (cause instanceof LejepaError) throw cause;
    const hint = "See npm run demo -- --help.";
    throw new LejepaError({ code: "E_USAGE", where: "demo", problem: (cause as Error).message, hint, cause });
  }
}

function whole(name: string, value: string): number {
  if (/^[1-9]\d{0,6}$/.test(value)) return Number(value);
  throw new LejepaError({ code: "E_USAGE", where: name, expected: "a positive whole number", got: value });
}

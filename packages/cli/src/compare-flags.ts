// The flags that say how `lejepa compare` probes. Not which encoders.
import { LejepaError, nearest } from "@lejepa/contracts";
import {
  type CompareSettings,
  metricNames,
  probeNames,
  type Shots,
  tableTasks,
  type TargetTableOptions,
} from "@lejepa/eval";

/** As the command line gives them. */
export interface ProbeFlags {
  readonly seeds: number;
  readonly shots?: string;
  readonly probe?: string;
  readonly metric?: string;
  readonly margin?: string;
}

/**
 * `--shots 1,10,all --probe knn,logistic --metric accuracy --margin 2` as settings; what is absent keeps its default.
 *
 * @throws LejepaError E_USAGE naming the flag
 */
export function compareSettings({ seeds, shots, probe, metric, margin }: ProbeFlags): CompareSettings {
  return {
    seeds,
    shots: shots?.split(",").map((part) => parseShots(part.trim(), shots)),
    probes: probe?.split(",").map((part) => oneOf(part.trim(), probeNames, "--probe")),
    metric: metric === undefined ? undefined : oneOf(metric, metricNames, "--metric"),
    margin: margin === undefined ? undefined : parseMargin(margin),
  };
}

/** As the command line gives them. */
export interface TargetFlags {
  readonly targets?: string;
  readonly task?: string;
  readonly targetColumns?: string;
  readonly idColumn?: string;
}

/** How a table of targets is read, but for the images. */
export type TargetTable = Omit<TargetTableOptions, "items"> & { readonly file: string };

/**
 * `--targets ages.csv --task regression --target-columns age,size --id-column file`; undefined without `--targets`.
 *
 * @throws LejepaError E_USAGE naming the flag
 */
export function targetTable({ targets, task, targetColumns, idColumn }: TargetFlags): TargetTable | undefined {
  if (targets !== undefined) {
    const columns = targetColumns?.split(",").map((name) => name.trim());
    return {
      file: targets,
      ...(task !== undefined && { task: oneOf(task, tableTasks, "--task") }),
      ...(columns !== undefined && { columns }),
      ...(idColumn !== undefined && { idColumn }),
    };
  }
  const alone = Object.entries({ "--task": task, "--target-columns": targetColumns, "--id-column": idColumn }).find(
    ([, value]) => value !== undefined,
  );
  if (alone === undefined) return undefined;
  const hint = "Name the table: --targets FILE.csv.";
  throw new LejepaError({ code: "E_USAGE", where: alone[0], problem: "says nothing without --targets", hint });
}

function parseShots(part: string, text: string): Shots {
  if (part === "all") return part;
  if (/^[1-9]\d*$/.test(part)) return Number(part);
  const expected = "numbers of labelled images a class, or all, separated by commas";
  const hint = "For example: --shots 1,10,all";
  throw new LejepaError({ code: "E_USAGE", where: "--shots", expected, got: text, hint });
}

function parseMargin(text: string): number {
  const points = Number(text);
  if (points > 0 && points < 100) return points / 100;
  throw new LejepaError({ code: "E_USAGE", where: "--margin", expected: "points between 0 and 100", got: text });
}

function oneOf<T extends string>(text: string, known: readonly T[], where: string): T {
  const found = known.find((name) => name === text);
  if (found !== undefined) return found;
  const similar = nearest(text, known);
  const hint = similar && `Did you mean ${similar}?`;
  throw new LejepaError({ code: "E_USAGE", where, expected: known.join(", "), got: text, hint });
}

// The energy of a run in words: measured while it went on, else estimated from watts that the user states, else not known.
import { LejepaError } from "@lejepa/contracts";
import type { RunInfo } from "@lejepa/eval";

/** What an encoder cost up to a step. */
export interface EnergyInput {
  readonly info: Pick<RunInfo, "energy" | "seconds" | "steps">;
  /** Of the checkpoint that is looked at. */
  readonly step: number;
  /** Power that the user states, for what was not measured. */
  readonly watts?: number | undefined;
}

/**
 * `203.0 kJ (0.06 kWh), measured: RAPL package-0`, `203.0 kJ (0.06 kWh), estimate: 250 W x 812 s`, or `not measured`. Of an
 * earlier checkpoint its share by steps.
 */
export function energyText({ info, step, watts }: EnergyInput): string {
  const { energy, seconds, steps } = info;
  const share = step / Math.max(1, steps.done);
  if (energy !== undefined) {
    // a session that could not measure is not made up for
    const partly =
      energy.seconds < 0.98 * seconds ? ` over ${energy.seconds.toFixed(0)} of ${seconds.toFixed(0)} s` : "";
    return `${joulesText(share * energy.joules)}, measured${partly}: ${energy.source}`;
  }
  if (watts === undefined) return "not measured";
  const spent = share * seconds;
  const shown = spent < 10 ? spent.toFixed(1) : spent.toFixed(0);
  return `${joulesText(watts * spent)}, estimate: ${watts} W x ${shown} s`;
}

function joulesText(joules: number): string {
  const [unit, name] = joules >= 1e6 ? [1e6, "MJ"] : joules >= 1e3 ? [1e3, "kJ"] : [1, "J"];
  const hours = joules / 3.6e6;
  return `${(joules / unit).toFixed(1)} ${name}${hours < 0.01 ? "" : ` (${hours.toFixed(2)} kWh)`}`;
}

/**
 * The value of `--watts`.
 *
 * @throws LejepaError E_USAGE
 */
export function parseWatts(text: string): number {
  const watts = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0;
  if (watts > 0 && watts < 1e6) return watts;
  const expected = "the power of the machine in watts, such as 250";
  throw new LejepaError({ code: "E_USAGE", where: "--watts", expected, got: text });
}

// `lejepa baselines`: the published encoders that `lejepa compare` knows by name, and the fetching of one. The only verb that
// uses the network without being given a URL.
import { type Baseline, fetchBaseline, listBaselines } from "@lejepa/eval";
import { listenForInterrupt } from "../interrupt.ts";
import type { Output } from "../output.ts";

/** Flags of the verb. */
export interface BaselinesFlags {
  readonly cache: string;
}

/** Flags of `lejepa baselines fetch`. */
export interface FetchFlags extends BaselinesFlags {
  readonly acceptLicence?: boolean;
}

/** Lists names, sizes, licences, and what was fetched. */
export function listAll({ cache }: BaselinesFlags, output: Output): void {
  const all = listBaselines(cache);
  const width = Math.max(...all.map(({ name }) => name.length));
  const lines = all.map((one) => `${one.fetched ? "*" : " "} ${one.name.padEnd(width)}  ${about(one)}`);
  output.result({ cache, baselines: all }, [...lines, "", "* fetched", fetching].join("\n"));
}

const fetching = "lejepa baselines fetch NAME gets one; without a network: lejepa compare --baseline PATH";

function about({ megaParameters, licence, gated, about: text }: Baseline): string {
  return `${String(megaParameters).padStart(5)} M  ${text}; ${licence}${gated ? "; for accounts that its owner let in" : ""}`;
}

/** Fetches one into the cache. */
export async function fetchOne(
  name: string,
  { cache, acceptLicence = false }: FetchFlags,
  output: Output,
): Promise<void> {
  const interrupt = listenForInterrupt(() => output.note("stopping"));
  try {
    const folder = await fetchBaseline(name, {
      cacheDir: cache,
      acceptLicence,
      // the hub's own conventions
      accessToken: process.env["HF_TOKEN"],
      hubUrl: process.env["HF_ENDPOINT"],
      signal: interrupt.signal,
      log: output.note,
    });
    output.result({ name, folder }, `${name} in ${folder}\nuse it:  lejepa compare --run RUN --baseline ${name}`);
  } finally {
    interrupt.release();
  }
}

// Energy that the machine says it used: Linux' RAPL counters of whole processor packages, and for the device `cuda` the power that
// nvidia-smi shows, added up over time. What else ran on them counts, too. Nothing is estimated here.
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { RunEnergy } from "@lejepa/eval";

/** Where a meter looks. The defaults are the machine's. */
export interface EnergyMeterOptions {
  readonly device: string;
  /** As the device `cuda` counts. */
  readonly deviceIndex?: number | undefined;
  /** Folder of the counters; default `/sys/class/powercap`. */
  readonly powercap?: string | undefined;
  /** Program that shows the power of GPUs; default `nvidia-smi`. */
  readonly nvidiaSmi?: string | undefined;
}

/** Adds up energy from its opening on. */
export interface EnergyMeter {
  /** Joules so far; undefined while nothing can be read. Call it at least once while a counter goes round (minutes). */
  read(): RunEnergy | undefined;
  close(): void;
}

/** Opens what this machine has; a meter that reads nothing is fine, too. */
export function openEnergyMeter(options: EnergyMeterOptions): EnergyMeter {
  const { device, powercap = "/sys/class/powercap" } = options;
  const started = performance.now();
  const packages = openPackages(powercap);
  const gpu = device === "cuda" ? openGpu(options, started) : undefined;
  return {
    read() {
      const processor = packages.read();
      const card = gpu?.read();
      if (processor === undefined && card === undefined) return undefined;
      const parts = [
        ...(processor === undefined ? [] : [`RAPL ${packages.names.join(", ")}`]),
        ...(card === undefined ? [] : [`nvidia-smi ${card.name}`]),
      ];
      if (processor === undefined) parts.push("processors not counted");
      if (card === undefined && device !== "cpu") parts.push("GPU not counted");
      return {
        joules: (processor ?? 0) + (card?.joules ?? 0),
        seconds: (performance.now() - started) / 1000,
        source: parts.join("; "),
      };
    },
    close: () => gpu?.close(),
  };
}

interface Counter {
  readonly file: string;
  /** Microjoules at which it starts again from 0. */
  readonly range: number;
  last: number;
}

function openPackages(folder: string): { readonly names: readonly string[]; read(): number | undefined } {
  const names: string[] = [];
  const counters: Counter[] = [];
  for (const { name, path } of packageDomains(folder)) {
    const file = join(path, "energy_uj");
    const [last, range] = [readNumber(file), readNumber(join(path, "max_energy_range_uj"))];
    if (last === undefined || range === undefined) continue;
    names.push(name);
    counters.push({ file, range, last });
  }
  let microjoules = 0;
  // one that stops being readable would make the sum too small
  let broken = counters.length === 0;
  return {
    names,
    read() {
      for (const counter of counters) {
        const now = readNumber(counter.file);
        if (now === undefined) broken = true;
        else {
          microjoules += now >= counter.last ? now - counter.last : now + counter.range - counter.last;
          counter.last = now;
        }
      }
      return broken ? undefined : microjoules / 1e6;
    },
  };
}

// whole packages: `intel-rapl:0` (AMD's too), not their parts `intel-rapl:0:0`, and not psys, which counts packages again
function packageDomains(folder: string): { readonly name: string; readonly path: string }[] {
  const domains = listFolder(folder).filter((entry) => /^intel-rapl:\d+$/.test(entry));
  return domains.toSorted().flatMap((domain) => {
    const path = join(folder, domain);
    const name = readText(join(path, "name")) ?? "";
    return name.startsWith("package-") ? [{ name, path }] : [];
  });
}

interface Gpu {
  read(): { readonly joules: number; readonly name: string } | undefined;
  close(): void;
}

const query = ["--query-gpu=name,power.draw", "--format=csv,noheader,nounits", "--loop-ms=1000"];

function openGpu({ deviceIndex = 0, nvidiaSmi = "nvidia-smi" }: EnergyMeterOptions, started: number): Gpu {
  // what is visible to CUDA is counted anew from 0; both its forms, numbers and UUIDs, are nvidia-smi's too
  const visible = process.env["CUDA_VISIBLE_DEVICES"]?.split(",")[deviceIndex]?.trim();
  let latest: { readonly name: string; readonly watts: number } | undefined;
  let joules = 0;
  let at = started;
  const advance = (watts: number): void => {
    const now = performance.now();
    joules += (watts * (now - at)) / 1000;
    at = now;
  };
  const child = spawnQuietly(nvidiaSmi, [`--id=${visible ?? deviceIndex}`, ...query]);
  let rest = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const [, name = "", power = ""] = /^(.*),\s*([\d.]+)\s*$/.exec(line) ?? [];
      const watts = Number.parseFloat(power);
      if (Number.isNaN(watts)) continue;
      // since the sample before, the mean of both; before the first one, as in it
      advance(latest === undefined ? watts : (latest.watts + watts) / 2);
      latest = { name, watts };
    }
  });
  // a run must not hang on its meter; without samples nothing more is added
  child.on("exit", () => (latest = undefined));
  return {
    read() {
      if (latest === undefined) return undefined;
      advance(latest.watts);
      return { joules, name: latest.name };
    },
    close: () => void child.kill(),
  };
}

function spawnQuietly(program: string, args: readonly string[]): ChildProcess {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "ignore"] });
  // not there: then there is no sample
  child.on("error", () => {});
  child.unref();
  (child.stdout as (NodeJS.ReadableStream & { unref?(): void }) | null)?.unref?.();
  return child;
}

function listFolder(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    // for root only on most systems
    return undefined;
  }
}

function readNumber(path: string): number | undefined {
  const text = readText(path);
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** Energy of the sessions of a run together; what one lacks makes the sum one of fewer seconds. */
export function addEnergy(before: RunEnergy | undefined, now: RunEnergy | undefined): RunEnergy | undefined {
  if (before === undefined || now === undefined) return now ?? before;
  const source = before.source === now.source ? now.source : `${before.source}, then ${now.source}`;
  return { joules: before.joules + now.joules, seconds: before.seconds + now.seconds, source };
}

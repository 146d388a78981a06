// `lejepa doctor`: what is installed, which devices really compute, how fast. Changes nothing.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { arch, availableParallelism, cpus, platform, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { deviceNames, LejepaError, nearest } from "@lejepa/contracts";
import { type DatasetReport, datasetReports, describeDatasets } from "../dataset-formats.ts";
import { type DeviceReport, probeDevice } from "../device-probe.ts";
import { type Gpu, nvidiaGpus } from "../gpus.ts";
import type { Output } from "../output.ts";
import { shippedIds } from "../shipped-datasets.ts";

/** Flags of the verb. */
export interface DoctorFlags {
  readonly device?: string;
  readonly deviceIndex?: number;
  readonly threads?: number;
}

/** Examines the machine; returns the exit status. */
export async function doctor(flags: DoctorFlags, output: Output): Promise<number> {
  const devices: DeviceReport[] = [];
  for (const name of devicesToTry(flags.device)) {
    output.note(`trying ${name} ...`);
    devices.push(await probeDevice(name, { threads: flags.threads, index: flags.deviceIndex }));
  }
  const gpus = await nvidiaGpus();
  const datasets = await datasetReports();
  const report = { node: nodeReport(), machine: machine(), packages: packages(), gpus, devices, datasets };
  // the device asked for, or the one that is used without asking
  const ok = report.node.ok && devices[0]?.ok === true;
  output.result({ ok, ...report }, [...describe(report), ok ? "All good." : "Not good: see above."].join("\n"));
  return ok ? 0 : 1;
}

function devicesToTry(name: string | undefined): readonly string[] {
  if (name === undefined) return deviceNames;
  if ((deviceNames as readonly string[]).includes(name)) return [name];
  const similar = nearest(name, deviceNames);
  throw new LejepaError({
    code: "E_DEVICE",
    where: "--device",
    expected: `one of ${deviceNames.join(", ")}`,
    got: name,
    hint: similar === undefined ? undefined : `Did you mean ${similar}?`,
  });
}

interface Report {
  readonly node: { readonly version: string; readonly wanted: string; readonly ok: boolean };
  readonly machine: {
    readonly platform: string;
    readonly cores: number;
    readonly processor: string;
    readonly memoryGiB: number;
  };
  /** Version by name; null: not found. */
  readonly packages: Readonly<Record<string, string | null>>;
  readonly gpus: readonly Gpu[];
  readonly devices: readonly DeviceReport[];
  readonly datasets: readonly DatasetReport[];
}

function nodeReport(): Report["node"] {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  return { version: process.versions.node, wanted: ">=20.19", ok: major > 20 || (major === 20 && minor >= 19) };
}

function machine(): Report["machine"] {
  const memoryGiB = Math.round((10 * totalmem()) / 2 ** 30) / 10;
  return {
    platform: `${platform()}-${arch()}`,
    cores: availableParallelism(),
    processor: cpus()[0]?.model.trim() ?? "unknown",
    memoryGiB,
  };
}

// a package, and the one whose dependency it is
const examined: readonly (readonly [name: string, by?: string])[] = [
  ["@lejepa/contracts"],
  ["@lejepa/engine"],
  ["@lejepa/train"],
  ["@lejepa/eval"],
  ...shippedIds.map((id) => [`@lejepa/dataset-${id}`] as const),
  ["@tensorflow/tfjs", "@lejepa/engine"],
  ["onnxruntime-node", "@lejepa/engine"],
  ["sharp", "@lejepa/dataset-folder"],
];

function packages(): Report["packages"] {
  return Object.fromEntries(examined.map(([name, by]) => [name, versionOf(name, by)]));
}

// walks up from the package's main file: not every package exports its package.json
function versionOf(name: string, by: string | undefined): string | null {
  try {
    const from = by === undefined ? import.meta.url : createRequire(import.meta.url).resolve(by);
    let folder = dirname(createRequire(from).resolve(name));
    while (folder !== dirname(folder)) {
      const file = join(folder, "package.json");
      const found = existsSync(file)
        ? (JSON.parse(readFileSync(file, "utf8")) as { name?: string; version?: string })
        : {};
      if (found.name === name && found.version !== undefined) return found.version;
      folder = dirname(folder);
    }
    return null;
  } catch {
    return null;
  }
}

function describe({
  node,
  machine: { platform: system, cores, processor, memoryGiB },
  packages: versions,
  gpus,
  devices,
  datasets,
}: Report): string[] {
  return [
    `Node      ${node.version} (${node.ok ? "fine" : `wanted: ${node.wanted}`}), ${system}`,
    `Machine   ${cores} cores (${processor}), ${memoryGiB} GiB of memory`,
    "Packages",
    ...Object.entries(versions).map(([name, version]) => `  ${name.padEnd(26)}${version ?? "NOT FOUND"}`),
    "GPUs",
    ...gpus.map(({ name, driver, memoryGiB: memory }, i) => `  ${i}: ${name}, ${memory} GiB, driver ${driver}`),
    ...(gpus.length === 0 ? ["  no NVIDIA GPU (others are not listed, but webgpu uses them)"] : []),
    "Devices",
    ...devices.map(
      (device) => `  ${device.name.padEnd(12)}${device.ok ? works(device) : `does not work: ${device.problem}`}`,
    ),
    "Datasets",
    ...describeDatasets(datasets),
  ];
}

function works({ name, gigaflops, gigabytes, gpu, threads, startMs }: Extract<DeviceReport, { ok: true }>): string {
  const speed = `${gigaflops.toFixed(1)} GFLOP/s (matrix product), ${gigabytes.toFixed(1)} GB/s (sum)`;
  const where = name === "webgpu" ? "WebGPU's first adapter" : gpu ? "on the GPU" : `${threads ?? "all"} threads`;
  return `works: ${speed}, ${where}, ready after ${startMs.toFixed(0)} ms`;
}

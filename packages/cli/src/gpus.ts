// The GPUs of this machine as NVIDIA's own tool lists them: for `lejepa doctor`. Which device can use them is tried apart.
import { execFile } from "node:child_process";

/** A GPU. */
export interface Gpu {
  readonly name: string;
  readonly driver: string;
  readonly memoryGiB: number;
}

const query = ["--query-gpu=name,driver_version,memory.total", "--format=csv,noheader,nounits"];

/** All NVIDIA GPUs; empty where nvidia-smi is missing or finds none. */
export function nvidiaGpus(): Promise<Gpu[]> {
  return new Promise((resolve) => {
    execFile("nvidia-smi", query, { timeout: 10_000 }, (error, stdout) => resolve(error ? [] : parseGpus(stdout)));
  });
}

/** GPUs of nvidia-smi's CSV: name, driver, memory in MiB. */
export function parseGpus(csv: string): Gpu[] {
  return csv
    .split("\n")
    .map((line) => line.split(",").map((field) => field.trim()))
    .flatMap(([name = "", driver = "", memory = ""]) =>
      name === "" || driver === "" ? [] : [{ name, driver, memoryGiB: Math.round(Number(memory) / 102.4) / 10 }],
    );
}

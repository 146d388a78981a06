// `--device auto`: tries every device and takes the fastest that works. Which one a run used is in its run folder.
import { deviceNames } from "@lejepa/contracts";
import { type DeviceReport, probeDevice } from "./device-probe.ts";

/** A device, and why it. */
export interface Choice {
  readonly device: string;
  /** One line. */
  readonly reason: string;
}

/** Tries the devices one after another: two at once would slow each other down. */
export async function chooseDevice(): Promise<Choice> {
  const reports: DeviceReport[] = [];
  for (const name of deviceNames) reports.push(await probeDevice(name));
  return fastest(reports);
}

/**
 * The fastest of a list, by its matrix product. TensorFlow counts only where it computes on a GPU: op by op on the CPU it is
 * slower than `cpu`, whatever one product takes.
 */
export function fastest(reports: readonly DeviceReport[]): Choice {
  const usable = reports
    .filter((report) => report.ok)
    .filter(({ name, gpu }) => name !== "tensorflow" || gpu)
    .sort((a, b) => b.gigaflops - a.gigaflops);
  const [best] = usable;
  // what fails on the CPU as well will say why when it is used
  if (best === undefined) return { device: "cpu", reason: "device cpu: no device works, see `lejepa doctor`" };
  const others = reports.filter(({ name }) => name !== best.name).map((report) => `${report.name} ${verdict(report)}`);
  return { device: best.name, reason: `device ${best.name}: ${speed(best)}; ${others.join("; ")}` };
}

const speed = ({ gigaflops }: Extract<DeviceReport, { ok: true }>): string => `${gigaflops.toFixed(0)} GFLOP/s`;

function verdict(report: DeviceReport): string {
  if (!report.ok) return "does not work here";
  return report.name === "tensorflow" && !report.gpu ? "finds no GPU" : speed(report);
}

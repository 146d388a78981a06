// The report as it grows: JSON for programs, Markdown for people.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** One finding. */
export interface Finding {
  /** What was looked at, e.g. `ops`, `sigreg 8192x64x8192`. */
  readonly what: string;
  readonly device: string;
  readonly precision: string;
  /** null: a measurement, which is not right or wrong. */
  readonly ok: boolean | null;
  /** In words. */
  readonly result: string;
  /** Numbers behind it. */
  readonly data: object;
}

/** What the machine is. */
export interface Machine {
  readonly platform: string;
  readonly processor: string;
  readonly cores: number;
  readonly gpus: readonly string[];
  readonly node: string;
  readonly torch: string | null;
}

/** Collects findings and writes both files after each. */
export class Report {
  readonly findings: Finding[] = [];
  readonly #folder: string;
  readonly #machine: Machine;

  constructor(folder: string, machine: Machine) {
    this.#folder = folder;
    this.#machine = machine;
    mkdirSync(folder, { recursive: true });
    this.#write();
  }

  add(finding: Finding): void {
    this.findings.push(finding);
    this.#write();
  }

  #write(): void {
    const content = { machine: this.#machine, findings: this.findings };
    writeFileSync(join(this.#folder, "gpu-check.json"), `${JSON.stringify(content, null, 2)}\n`);
    writeFileSync(join(this.#folder, "gpu-check.md"), markdown(this.#machine, this.findings));
  }
}

const verdicts = new Map([
  [true, "ok"],
  [false, "WRONG"],
]);

function markdown({ platform, processor, cores, gpus, node, torch }: Machine, findings: readonly Finding[]): string {
  const rows = findings.map(({ what, device, precision, ok, result }) =>
    [what, device, precision, ok === null ? "" : (verdicts.get(ok) ?? ""), result.replaceAll("|", "/")].join(" | "),
  );
  return [
    `# Devices of ${gpus[0] ?? "a machine without a GPU"}`,
    "",
    `${platform}, ${cores} cores (${processor}), Node ${node}, PyTorch ${torch ?? "not installed"}.`,
    ...gpus.map((gpu, i) => `GPU ${i}: ${gpu}.`),
    "",
    "| what | device | precision | | result |",
    "| --- | --- | --- | --- | --- |",
    ...rows.map((row) => `| ${row} |`),
    "",
  ].join("\n");
}

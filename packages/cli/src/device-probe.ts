// Tries a device by computing on it, in a process of its own: a driver that aborts takes only that process with it.
// What that process does is in device-probe-child.ts.
import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";

/** How a device did. */
export type DeviceReport =
  | {
      readonly name: string;
      readonly ok: true;
      /** Of a matrix product. */
      readonly gigaflops: number;
      /** Memory read and written a second, in billions of bytes, by a sum of two long vectors. */
      readonly gigabytes: number;
      /** True when it computes on a GPU, or on a program that WebGPU takes for one. */
      readonly gpu: boolean;
      readonly threads: number | null;
      readonly startMs: number;
    }
  | { readonly name: string; readonly ok: false; readonly problem: string };

const limitMs = 60_000;
const child = fileURLToPath(import.meta.resolve("./device-probe-child.js"));

/** How a device is tried. */
export interface ProbeOptions {
  /** Of the device cpu; default: the machine's cores. */
  readonly threads?: number | undefined;
  /** Which GPU of the device cuda. */
  readonly index?: number | undefined;
  /** Added to the child's environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts the child and waits for its word; a crash or a minute without an answer is a report, too. */
export function probeDevice(name: string, { threads, index = 0, env = {} }: ProbeOptions = {}): Promise<DeviceReport> {
  return new Promise((resolve) => {
    const count = name === "cpu" || name === "tensorflow" ? (threads ?? availableParallelism()) : null;
    const run = spawn(process.execPath, [child, name, String(count ?? 0), String(name === "cuda" ? index : 0)], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env },
      timeout: limitMs,
      killSignal: "SIGKILL",
    });
    const texts = { stdout: "", stderr: "" };
    run.stdout.setEncoding("utf8").on("data", (text: string) => (texts.stdout += text));
    run.stderr.setEncoding("utf8").on("data", (text: string) => (texts.stderr += text));
    run.on("error", ({ message }) => resolve({ name, ok: false, problem: message }));
    run.on("close", (code, signal) => {
      const answer = parse(texts.stdout);
      if (answer !== undefined)
        return resolve(
          answer.problem === undefined
            ? { name, ok: true, threads: count, gigaflops: 0, gigabytes: 0, gpu: false, startMs: 0, ...answer }
            : { name, ok: false, problem: answer.problem },
        );
      const end = signal === null ? `its process ended with status ${code}` : `its process was ended by ${signal}`;
      const last = texts.stderr.trim().split("\n").at(-1) ?? "";
      resolve({ name, ok: false, problem: last === "" ? end : `${end}: ${last}` });
    });
  });
}

interface Answer {
  readonly problem?: string;
  readonly gigaflops?: number;
  readonly gigabytes?: number;
  readonly gpu?: boolean;
  readonly startMs?: number;
}

// the answer is the last line; native libraries may have written others
function parse(text: string): Answer | undefined {
  try {
    return JSON.parse(text.trim().split("\n").at(-1) ?? "") as Answer;
  } catch {
    return undefined;
  }
}

// What the child processes of the benchmark share: a case as JSON on stdin, a result as one JSON line on stdout.

import type { ConfiguredDevice } from "@lejepa/engine";

/** Result of one process. */
export interface Measured {
  /** Wall time of each step after a warm-up. */
  readonly milliseconds: readonly number[];
  /** CPU time of each step, all threads: what to compare with one thread on a busy machine. */
  readonly cpuMilliseconds: readonly number[];
  readonly peakBytes: number;
}

/** Views of a batch: the time in which their parameters were drawn is a part of the whole. */
export interface ViewsMeasured extends Measured {
  readonly drawMilliseconds?: readonly number[];
}

/** Images a second: decoded from files, and in batches from the cache (which the other side has none of). */
export interface DataMeasured {
  readonly decodedPerSecond: number;
  readonly cachedPerSecond: number | null;
}

/** Reads the case. */
export async function readCase<T>(): Promise<T> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString()) as T;
}

/** What the command line says: steps, threads, device, precision. The engine is the one that a run with these settings has. */
export function readArguments(): { readonly steps: number; readonly engine: ConfiguredDevice } {
  const [steps = "5", threads = "2", device = "cpu", precision = "float32"] = process.argv.slice(2);
  const engine = { threads: Number(threads), device, deviceIndex: 0, precision } as ConfiguredDevice;
  return { steps: Number(steps), engine };
}

/** Times `run` after one warm-up and prints the result, and what `more` says when all is done. */
export async function report(
  steps: number,
  run: (i: number) => Promise<void>,
  more: () => object = () => ({}),
): Promise<void> {
  const milliseconds: number[] = [];
  const cpuMilliseconds: number[] = [];
  for (let i = 0; i <= steps; i++) {
    const start = performance.now();
    const before = process.cpuUsage();
    await run(i);
    const { user, system } = process.cpuUsage(before);
    milliseconds.push(performance.now() - start);
    cpuMilliseconds.push((user + system) / 1e3);
  }
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  const measured: Measured = {
    milliseconds: milliseconds.slice(1),
    cpuMilliseconds: cpuMilliseconds.slice(1),
    peakBytes,
  };
  console.log(JSON.stringify({ ...measured, ...more() }));
}

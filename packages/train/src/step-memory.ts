// Does a step fit into the memory that there is, and which batch would? By an estimate from the compiled graph; what was
// measured beside it is in tools/bench/LOG.md. On a CPU the alternative to asking is that the kernel kills the process.
import { isLejepaError, LejepaError } from "@lejepa/contracts";
import type { Description, Engine } from "@lejepa/engine";
import { describeStep, type StepOptions } from "./training-step.ts";

/** What a step needs, by estimate, and what there is. */
export interface StepMemory {
  /** Bytes of a step; 0 where there is no graph to count. */
  readonly stepBytes: number;
  /** Bytes that there were for it; undefined where the device does not say. */
  readonly freeBytes: number | undefined;
}

/** Bytes of a step, state included. */
const bytesOf = ({ peakBytes }: Description): number => peakBytes;

/** From this share of the free memory on, a step is said to come close to it. */
const CLOSE = 0.8;

/**
 * Compares what a compiled step needs with what is free. More than is free is refused unless `ignore`; close to it is said.
 *
 * @throws LejepaError E_MEMORY with both numbers and the largest batch that would fit
 */
export async function checkStepMemory(
  engine: Pick<Engine, "describe" | "freeMemory" | "device">,
  options: StepOptions,
  { step, ignore, log }: { readonly step: Description; readonly ignore: boolean; readonly log: (text: string) => void },
): Promise<StepMemory> {
  const stepBytes = bytesOf(step);
  const freeBytes = engine.freeMemory();
  if (freeBytes === undefined || stepBytes <= CLOSE * freeBytes) return { stepBytes, freeBytes };
  const needs = `batchSize ${options.batch}, whose steps need about ${size(stepBytes)} by estimate`;
  if (stepBytes <= freeBytes) {
    log(`memory may become short: ${needs}, of ${size(freeBytes)} that are free`);
    return { stepBytes, freeBytes };
  }
  const hint = await fitting(engine, options, { stepBytes, freeBytes });
  if (!ignore)
    throw new LejepaError({
      code: "E_MEMORY",
      where: `device ${engine.device}`,
      expected: `a step that fits into the ${size(freeBytes)} that are free`,
      got: needs,
      hint: `${hint} Or try all the same: --ignore-memory.`,
    });
  log(`more memory is needed than is free: ${needs}, of ${size(freeBytes)}. ${hint}`);
  return { stepBytes, freeBytes };
}

/** What a step of this run failed with; where memory was short with what a step needs and which batch would fit. */
export async function withFittingBatch(
  error: unknown,
  engine: Pick<Engine, "describe" | "freeMemory">,
  { options, step }: { readonly options: StepOptions; readonly step: Description },
): Promise<unknown> {
  const stepBytes = bytesOf(step);
  if (!isLejepaError(error, "E_MEMORY") || stepBytes === 0) return error;
  const freeBytes = engine.freeMemory();
  // half, where the device does not say, or what was counted on is not there
  const room = Math.min(freeBytes ?? stepBytes / 2, stepBytes / 2);
  const { where, message } = error;
  const hint = await fitting(engine, options, { stepBytes, freeBytes: room });
  const needs = `Steps of batchSize ${options.batch} need about ${size(stepBytes)} by estimate.`;
  const problem = message.slice(`${where}: `.length).split(". ")[0] ?? message;
  return new LejepaError({ code: "E_MEMORY", where, problem, hint: `${needs} ${hint}`, cause: error });
}

/** Which batch fits into `freeBytes`, in a sentence. */
async function fitting(
  engine: Pick<Engine, "describe">,
  options: StepOptions,
  { stepBytes, freeBytes }: { readonly stepBytes: number; readonly freeBytes: number },
): Promise<string> {
  const smaller = "Make the images, their views or the encoder smaller.";
  // batch norm needs two
  const few = 2;
  if (options.batch <= few) return smaller;
  const least = bytesOf(await describeStep(engine, { ...options, batch: few }));
  if (least > freeBytes) return `Even batchSize ${few} needs about ${size(least)}. ${smaller}`;
  // memory is a part that does not depend on the batch and one that goes with it
  const each = (stepBytes - least) / (options.batch - few);
  const fits = Math.min(options.batch - 1, few + Math.floor((freeBytes - least) / each));
  return `Make batchSize smaller: ${fits} needs about ${size(least + each * (fits - few))}.`;
}

/** `812 MiB`, `3.1 GiB`. */
function size(bytes: number): string {
  const mebibytes = bytes / 2 ** 20;
  return mebibytes < 1000 ? `${Math.ceil(mebibytes)} MiB` : `${(mebibytes / 1024).toFixed(1)} GiB`;
}

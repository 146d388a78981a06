// Shows a run while it goes on: a bar on a terminal, now and then a line elsewhere. Always on stderr.
import type { PretrainEvent, StepMetrics } from "@lejepa/train";
import { Presets, SingleBar } from "cli-progress";
import type { Output } from "./output.ts";
import { createMeter, duration } from "./meter.ts";

/** Takes the events of a run. */
export interface Progress {
  readonly event: (event: PretrainEvent) => void;
  message(text: string): void;
  close(): void;
}

/** A bar when stderr is a terminal, else a line at the first, every 20th second's, and the last step. */
export function createProgress(output: Output): Progress {
  const bar = process.stderr.isTTY && !output.quiet ? createBar() : undefined;
  const view = bar ?? createLines(output);
  return {
    close: view.close,
    message: view.message,
    event: (event) => {
      switch (event.kind) {
        case "data":
          return view.data(event.progress);
        case "message":
          return view.message(event.text);
        case "start":
          return view.start(event.done, event.endStep);
        case "step":
          return view.step(event.metrics, event.endStep);
        case "checkpoint":
          return;
      }
    },
  };
}

type DataProgress = Extract<PretrainEvent, { kind: "data" }>["progress"];

interface View {
  data(progress: DataProgress): void;
  message(text: string): void;
  start(done: number, end: number): void;
  step(metrics: StepMetrics, end: number): void;
  close(): void;
}

const secondsBetweenLines = 20;

function createLines(output: Output): View {
  const meter = createMeter();
  let next = 0;
  return {
    message: (text) => output.note(text),
    data: (progress) => {
      if (progress.phase === "decode" && progress.done === progress.total) output.note(decoded(progress));
    },
    start: (done, end) => output.note(done === 0 ? `training, ${end} steps` : `going on after step ${done} of ${end}`),
    step: (metrics, end) => {
      const seen = meter.add(metrics, end);
      const now = performance.now();
      if (now < next && metrics.step < end) return;
      next = now + 1000 * secondsBetweenLines;
      output.note(
        `step ${metrics.step}/${end}  ${lossParts(metrics)}  ${seen.imagesPerSecond.toFixed(0)} images/s  data wait ${seen.dataWait}  left ${duration(seen.secondsLeft)}`,
      );
    },
    close: () => {},
  };
}

function createBar(): View {
  const meter = createMeter();
  let bar: SingleBar | undefined;
  const say = (text: string): void => void process.stderr.write(`${bar === undefined ? "" : "\r\x1b[K"}${text}\n`);
  const close = (): void => {
    bar?.stop();
    bar = undefined;
  };
  const open = (format: string, [total, start]: readonly [number, number], fields: object): void => {
    close();
    // Ctrl-C is the command's own business
    bar = new SingleBar(
      { format, stream: process.stderr, hideCursor: true, gracefulExit: false, barsize: 24 },
      Presets.shades_classic,
    );
    bar.start(total, start, fields);
  };
  return {
    message: say,
    close,
    data: (progress) => {
      if (progress.phase !== "decode" || progress.total === 0) return;
      if (bar === undefined) open("decoding {bar} {value}/{total}", [progress.total, 0], {});
      bar?.update(progress.done);
      if (progress.done < progress.total) return;
      close();
      say(decoded(progress));
    },
    start: (done, end) =>
      open("{bar} {value}/{total}  {loss}  {speed} images/s  data wait {wait}  left {left}", [end, done], {
        loss: "",
        speed: "-",
        wait: "-",
        left: "-",
      }),
    step: (metrics, end) => {
      const { imagesPerSecond, dataWait, secondsLeft } = meter.add(metrics, end);
      bar?.update(metrics.step, {
        loss: lossParts(metrics),
        speed: imagesPerSecond.toFixed(0),
        wait: dataWait,
        left: duration(secondsLeft),
      });
    },
  };
}

function lossParts({ loss, invariance, sigreg, probeKnn, probeLinear }: StepMetrics): string {
  const probe =
    probeKnn === undefined
      ? ""
      : `  kNN ${(100 * probeKnn).toFixed(1)} %  linear ${(100 * (probeLinear ?? Number.NaN)).toFixed(1)} %`;
  return `loss ${loss.toFixed(4)} (invariance ${invariance.toFixed(4)}, sigreg ${sigreg.toFixed(3)})${probe}`;
}

function decoded({ total, failed, reused }: DataProgress): string {
  const notes = [...(reused > 0 ? [`${reused} from the cache`] : []), ...(failed > 0 ? [`${failed} unreadable`] : [])];
  return `${total} images decoded${notes.length === 0 ? "" : ` (${notes.join(", ")})`}`;
}

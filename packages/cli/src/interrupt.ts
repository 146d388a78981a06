// Ctrl-C: the first asks the work to stop, the second ends the process. Does not know what the work does.
import { LejepaError } from "@lejepa/contracts";

/** A signal handler in place. */
export interface Interrupt {
  /** Aborted by the first SIGINT or SIGTERM; its reason is a LejepaError E_ABORTED. */
  readonly signal: AbortSignal;
  /** 0, or after a signal 128 + its number. */
  status(): number;
  /** Takes the handlers away. */
  release(): void;
}

const numbers = { SIGINT: 2, SIGTERM: 15 } as const;

/** Listens for signals until released; `onFirst` tells the user what happens now. */
export function listenForInterrupt(onFirst: () => void): Interrupt {
  const controller = new AbortController();
  let status = 0;
  const stop = (name: NodeJS.Signals): void => {
    if (status !== 0) process.exit(status);
    status = 128 + numbers[name as keyof typeof numbers];
    onFirst();
    controller.abort(
      new LejepaError({
        code: "E_ABORTED",
        where: "lejepa",
        problem: "stopped on request",
        cause: { signalStatus: status },
      }),
    );
  };
  for (const name of Object.keys(numbers)) process.on(name, stop);
  return {
    signal: controller.signal,
    status: () => status,
    release: () => {
      for (const name of Object.keys(numbers)) process.off(name, stop);
    },
  };
}

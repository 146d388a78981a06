/**
 * A signal as a promise to race with, without a listener left behind.
 */

/** Rejects with the signal's reason when it is aborted; never resolves. Release it when the race is over. */
export function abortOf(signal: AbortSignal | undefined): { readonly promise: Promise<never>; release(): void } {
  let listener: (() => void) | undefined;
  const promise = new Promise<never>((_, reject) => {
    if (signal === undefined) return;
    listener = () => reject(signal.reason as Error);
    if (signal.aborted) listener();
    else signal.addEventListener("abort", listener, { once: true });
  });
  promise.catch(() => {});
  return {
    promise,
    release() {
      if (listener !== undefined) signal?.removeEventListener("abort", listener);
    },
  };
}

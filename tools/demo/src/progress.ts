// One line of progress on a terminal, a line every tenth elsewhere. Not the product's progress bar (@lejepa/cli).

/** Writes how far a training is. */
export interface Progress {
  step(state: { readonly done: number; readonly total: number; readonly note: string }): void;
  /** Replaces the line by a lasting one. */
  line(text: string): void;
}

/** Progress on a stream. */
export function createProgress(stream: NodeJS.WriteStream, label: string): Progress {
  const live = stream.isTTY;
  let tenth = 0;
  return {
    step({ done, total, note }) {
      const text = `${label}: step ${done}/${total} ${note}`;
      if (live) stream.write(`\r\u001B[K${text}`);
      else if (Math.floor((10 * done) / total) > tenth) {
        tenth = Math.floor((10 * done) / total);
        stream.write(`${text}\n`);
      }
    },
    line: (text) => void stream.write(`${live ? "\r\u001B[K" : ""}${text}\n`),
  };
}

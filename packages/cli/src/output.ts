// Where words go: results to stdout (text, or one JSON document), everything else to stderr. Not the progress display.

/** What a verb may say. */
export interface Output {
  readonly json: boolean;
  readonly quiet: boolean;
  /** A line about the work; not with --quiet. */
  note(line: string): void;
  /** A line that is always shown. */
  error(line: string): void;
  /** The one result: the document with --json, else the text. */
  result(document: unknown, text: string): void;
  /** Only the document. */
  document(document: unknown): void;
  /** One of several results: a line of JSON with --json, else the text. */
  record(document: unknown, text: string): void;
}

/** Reads --json and --quiet from the raw arguments, so that wrong arguments are reported in the form asked for. */
export function createOutput(args: readonly string[]): Output {
  const end = args.indexOf("--");
  const flags = end < 0 ? args : args.slice(0, end);
  const json = flags.includes("--json");
  const quiet = flags.includes("--quiet");
  const document = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  const error = (line: string): void => void process.stderr.write(`${line}\n`);
  const print = (text: string): void => void process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
  return {
    json,
    quiet,
    error,
    document,
    note: (line) => void (quiet || error(line)),
    result: (value, text) => (json ? document(value) : print(text)),
    record: (value, text) => print(json ? JSON.stringify(value) : text),
  };
}

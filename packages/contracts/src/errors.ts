/**
 * The one error type that lejepa shows to people: a code for programs, one sentence for readers.
 * Not for bugs inside the project (those stay ordinary exceptions), and not a log.
 */

/** Every error code, with the exit status that the command line gives it. */
const exitCodes = {
  E_USAGE: 2,
  E_CONFIG: 2,
  E_DATASET_OPTIONS: 2,
  E_DATA: 2,
  E_DECODE: 1,
  E_SHAPE: 1,
  E_DTYPE: 1,
  E_OP_UNSUPPORTED: 1,
  E_DEVICE: 2,
  E_READ_SYNC: 1,
  E_CHECKPOINT: 1,
  E_RUN_EXISTS: 2,
  E_MEMORY: 1,
  E_NAN: 1,
  E_IO: 1,
  E_ABORTED: 1,
  E_INTERNAL: 1,
} as const;

/** What went wrong, for programs; the text is for people and may change. */
export type ErrorCode = keyof typeof exitCodes;

/** All codes, in a fixed order. */
export const errorCodes: readonly ErrorCode[] = Object.freeze(Object.keys(exitCodes) as ErrorCode[]);

/** The parts of an error. `where` is required; then either `problem`, or `expected` with `got`. */
export interface LejepaErrorParts {
  readonly code: ErrorCode;
  /** The function, file or config key that complains, e.g. `sigreg` or `lejepa.config.ts: views.locals`. */
  readonly where: string;
  /** What would have been right, without a full stop. */
  readonly expected?: string | undefined;
  /** What came instead, without a full stop. */
  readonly got?: string | undefined;
  /** A free sentence for when "expected X, got Y" does not fit. */
  readonly problem?: string | undefined;
  /** What to do now: a full sentence. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
  /** Overrides the exit status of the code. */
  readonly exitCode?: 1 | 2 | undefined;
}

// a registered symbol, so that two installed copies of this package recognise each other's errors
const brand = Symbol.for("lejepa.error");

/**
 * An error meant for the user. Text: `where: expected X, got Y. Hint.` or `where: problem. Hint.`
 *
 *     throw new LejepaError({ code: "E_SHAPE", where: "sigreg", expected: "projections of rank 3", got: "[64, 128]",
 *       hint: "Add a view axis." });
 */
export class LejepaError extends Error {
  override readonly name: string = "LejepaError";
  readonly code: ErrorCode;
  readonly where: string;
  readonly expected: string | undefined;
  readonly got: string | undefined;
  readonly hint: string | undefined;
  /** 2: the call or its input is wrong; 1: the work failed. */
  readonly exitCode: 1 | 2;

  constructor(parts: LejepaErrorParts) {
    super(sentence(parts), parts.cause === undefined ? undefined : { cause: parts.cause });
    this.code = parts.code;
    this.where = parts.where;
    this.expected = parts.expected;
    this.got = parts.got;
    this.hint = parts.hint;
    this.exitCode = parts.exitCode ?? exitCodes[parts.code];
    Object.defineProperty(this, brand, { value: true });
  }
}

/**
 * Whether a caught value is a LejepaError (of the given code, if one is given). Works across duplicate installs.
 */
export function isLejepaError(error: unknown, code?: ErrorCode): error is LejepaError {
  if (typeof error !== "object" || error === null || !(brand in error)) return false;
  return code === undefined || (error as unknown as LejepaError).code === code;
}

function sentence({ where, expected, got, problem, hint }: LejepaErrorParts): string {
  const parts: string[] = [];
  if (problem !== undefined) parts.push(withStop(problem));
  if (expected !== undefined) parts.push(withStop(`expected ${expected}${got === undefined ? "" : `, got ${got}`}`));
  else if (got !== undefined) parts.push(withStop(`got ${got}`));
  if (hint !== undefined) parts.push(withStop(hint));
  return `${where}: ${parts.join(" ")}`;
}

function withStop(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

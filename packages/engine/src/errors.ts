// Errors of tracing, told from the caller's side.
import { LejepaError } from "@lejepa/contracts";

/** First stack frame outside tfjs and this package: where the user's code called the op. */
function callSite(): string {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 50;
  const frames = (new Error().stack ?? "").split("\n").slice(1);
  Error.stackTraceLimit = limit;
  const outside = frames.find((frame) => !INSIDE.test(frame));
  return outside?.trim().replace(/^at /, "") ?? "unknown";
}

// built-ins that call back, tfjs (also as its source maps name it), Node, and this package but for its tests
const INSIDE = /\(<anonymous>\)|@tensorflow|tfjs-core|node:internal|[/\\]engine[/\\](?:src|dist)[/\\](?!.*\.test\.)/;

/** An op that this backend does not have. */
export const unsupportedOp = (op: string, hint: string | undefined): LejepaError =>
  new LejepaError({
    code: "E_OP_UNSUPPORTED",
    where: `op ${op} (called at ${callSite()})`,
    problem: "is not supported by the onnx backend",
    hint: hint ?? "Write it with other tfjs ops, or run this part on another backend (await tf.setBackend('cpu')).",
  });

/** Operands that do not fit each other, told where the op was called. */
export const wrongShapes = (op: string, expected: string, shapes: readonly (readonly number[])[]): LejepaError =>
  new LejepaError({
    code: "E_SHAPE",
    where: `op ${op} (called at ${callSite()})`,
    expected,
    got: shapes.map((shape) => `[${shape}]`).join(" and "),
  });

/** A synchronous read of something that has not been computed. */
export const noSyncRead = (): LejepaError =>
  new LejepaError({
    code: "E_READ_SYNC",
    where: `dataSync() (called at ${callSite()})`,
    problem: "a tensor of the onnx backend is computed when its data are awaited",
    hint: "Use `await tensor.data()`; inside a compiled function no values can be read.",
  });

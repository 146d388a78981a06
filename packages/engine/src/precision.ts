// The precision policy of every device: the configuration's table, the tests' oracle, and what a GPU of 16 bits must be able to
// do. How far off each device may be is in error-bounds.ts; which products are of 16 bits, in lower/half.ts.
import { devicePrecisions as configured, isLejepaError, LejepaError, type precisions } from "@lejepa/contracts";
import type { DeviceName } from "./engine.ts";
import { matMul } from "./graph/build.ts";
import { encodeModel, type Model } from "./graph/proto.ts";
import type { HalfType, Value } from "./graph/value.ts";
import { lower, type LoweringTarget } from "./lower/index.ts";
import type { GraphRuntime } from "./runtime/graph-runtime.ts";

/** How exactly products are computed; see `precisions` of @lejepa/contracts. */
export type Precision = (typeof precisions)[number];

const devicePrecisions: Readonly<Record<DeviceName, readonly Precision[]>> = { ...configured, reference: ["float32"] };

/**
 * Refuses what a device does not have.
 *
 * @throws LejepaError E_DEVICE
 */
export function checkPrecision(device: DeviceName, precision: string): void {
  const known: readonly string[] = devicePrecisions[device];
  if (known.includes(precision)) return;
  const others = Object.entries(devicePrecisions).filter(([, list]) => (list as readonly string[]).includes(precision));
  throw new LejepaError({
    code: "E_DEVICE",
    where: `precision on ${device}`,
    expected: known.join(" or "),
    got: precision,
    hint: others.length === 0 ? undefined : `It is there on ${others.map(([name]) => name).join(", ")}.`,
  });
}

/** The 16 bits of a precision that has them. */
export const halfOf = (precision: Precision): HalfType | undefined =>
  precision === "float16" || precision === "bfloat16" ? precision : undefined;

/** Convolutions that have no kernel of 16 bits are at least computed in TF32; then so is every product left in float32. */
export const wantsTf32 = (model: Model, { half }: LoweringTarget): boolean =>
  half === "bfloat16" && model.nodes.some(({ op }) => op === "Conv" || op === "ConvTranspose");

/**
 * Computes a small product in 16 bits.
 *
 * @throws LejepaError E_DEVICE when the GPU cannot, or gets it wrong
 */
export async function checkHalf(runtime: GraphRuntime, half: HalfType): Promise<void> {
  const input = (name: string): Value => ({ shape: [2, 2], dtype: "float32", origin: { kind: "input", name } });
  const model = encodeModel(lower([matMul(input("a"), input("b"))], { device: runtime.device, half }));
  const feed = (values: readonly number[]) => runtime.hostValue(Float32Array.from(values), [2, 2], "float32");
  // 1.0001 is 1 in either type, so a product in float32 would be seen
  const [a, b] = [await feed([1, 0, 0, 3]), await feed([1.0001, 2, 0.5, -4])];
  let got = "";
  try {
    const session = await runtime.createSession(model);
    const { out0 } = await session.run({ a, b });
    got = String(await runtime.read(out0 as never, [2, 2], "float32"));
    await session.release();
  } catch (cause) {
    // there is no device at all, or it has no memory left
    if (isLejepaError(cause, "E_DEVICE") && !/f16/.test(cause.message)) throw cause;
    throw noHalf(runtime, half, (cause as Error).message, cause);
  }
  if (got !== "1,2,1.5,-12") throw noHalf(runtime, half, `a product was [${got}] instead of [1,2,1.5,-12]`);
}

function noHalf({ device }: GraphRuntime, half: HalfType, message: string, cause?: unknown): LejepaError {
  const missing = /requires f16/.test(message) ? "its shaders have no 16-bit floats (shader-f16)" : message;
  return new LejepaError({
    code: "E_DEVICE",
    where: `precision ${half} on ${device}`,
    problem: `the GPU cannot compute in it: ${missing}`,
    hint: "Use precision float32.",
    cause,
  });
}

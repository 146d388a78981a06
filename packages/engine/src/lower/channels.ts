// Composites with one value per channel (axis 1), and relu's slope, in plain operators: what batch norm is made of.
import { apply1, binary, cast, float, reduce, scalar, unary } from "../graph/build.ts";
import type { Value } from "../graph/value.ts";
import type { Lowering, LoweringTable } from "./composites.ts";

/** Sum over all axes but 1, extents kept. */
const channelTotal = (x: Value): Value =>
  reduce(
    "ReduceSum",
    x,
    x.shape.map((_, i) => i).filter((i) => i !== 1),
    true,
  );

const channelSum: Lowering = (_, [x]) => channelTotal(x as Value);

const channelDot: Lowering = (_, [x, y]) => channelTotal(binary("Mul", x as Value, y as Value));

/** x scale (+ x2 scale2) + shift. */
const channelAffine: Lowering = (_, inputs) => {
  const [x, scale, shift, x2, scale2] = inputs as [Value, Value, Value, Value | undefined, Value | undefined];
  const scaled = binary("Mul", x, scale);
  const sum = x2 === undefined || scale2 === undefined ? scaled : binary("Add", scaled, binary("Mul", x2, scale2));
  return binary("Add", sum, shift);
};

/** 1 where x > 0, else 0; NaN stays NaN. */
const step: Lowering = (_, [x]) => {
  const input = x as Value;
  return apply1("Where", [unary("IsNaN", input, "bool"), input, plainStep(input)], input);
};

/** A slope this steep takes every normal float above 0 to 1. */
const STEEP = 3e38;

/** {@link step} as one clipped line, which ORT's CPU kernel computes several times faster than a selection. */
export const steepStep = (x: Value): Value => apply1("HardSigmoid", [x], x, { alpha: float(STEEP), beta: float(0) });

/** {@link step} without the test for NaN, for devices that need not know it: ORT has no such test on WebGPU. */
export const plainStep = (x: Value): Value => cast(binary("Greater", x, scalar(0), "bool"), "float32");

/** Lowerings that hold on every device. */
export const channelComposites: LoweringTable = {
  ChannelSum: channelSum,
  ChannelDot: channelDot,
  ChannelAffine: channelAffine,
  Step: step,
};

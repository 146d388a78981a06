/**
 * The parameters of one view, readable, and their packed form: one row per field, one column per view, ready to be an
 * input of a compiled program. Not the drawing of them (draw.ts).
 */
import type { BlendOperation, ViewGroup, ViewSpec } from "./spec.ts";

/** One step of a colour jitter. */
export interface JitterStep {
  operation: BlendOperation | "hue";
  factor: number;
}

/** Everything that was drawn for one view. Boxes are in pixels of the stored image. */
export interface ViewParameters {
  top: number;
  left: number;
  height: number;
  width: number;
  /** Degrees counter-clockwise, of the whole image before the crop. */
  angle: number;
  /** Counter-clockwise quarter turns of the cropped view: 0, 1, 2 or 3. */
  quarterTurns: number;
  flipX: boolean;
  flipY: boolean;
  /** In the order in which they apply; empty when there is no jitter. */
  jitter: JitterStep[];
  grayscale: boolean;
  /** Standard deviation in pixels; 0: no blur. */
  blurSigma: number;
  solarize: boolean;
}

/** Parameters that take the whole image and change nothing but its size. */
export function identityParameters(image: { readonly height: number; readonly width: number }): ViewParameters {
  return {
    top: 0,
    left: 0,
    height: image.height,
    width: image.width,
    angle: 0,
    quarterTurns: 0,
    flipX: false,
    flipY: false,
    jitter: [],
    grayscale: false,
    blurSigma: 0,
    solarize: false,
  };
}

/**
 * Where each field's row is. A blend slot is three rows: x becomes clamp(scale * x + mean * mean(gray(x)) + gray * gray(x)).
 * Slots before and after the hue rotation let each view have its own order of operations in one static graph: an operation
 * at position p of the order fills slot p on its side of the hue, and an empty slot changes nothing.
 */
export interface ParameterLayout {
  readonly rows: number;
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
  readonly flipX: number;
  readonly flipY: number;
  /** -1 for what the group does not use, here and below. */
  readonly transpose: number;
  readonly cos: number;
  readonly sin: number;
  readonly hue: number;
  /** First rows of the slots before the hue rotation (all slots, when there is none). */
  readonly slotsBefore: readonly number[];
  readonly slotsAfter: readonly number[];
  readonly grayscale: number;
  readonly blurSigma: number;
  readonly solarize: number;
}

/** Blend operations that the group's jitter uses, in torchvision's numbering. */
export function blendOperations(group: ViewGroup): BlendOperation[] {
  const ranges = group.operations.colorJitter?.ranges ?? {};
  return (["brightness", "contrast", "saturation"] as const).filter((name) => ranges[name] !== undefined);
}

/** The packed form's rows for a group: only what the group's operations need. */
export function parameterLayout(group: ViewGroup): ParameterLayout {
  let rows = 0;
  const take = (used = true, count = 1): number => {
    if (!used) return -1;
    rows += count;
    return rows - count;
  };
  const { rotation, quarterTurn, colorJitter, grayscale, gaussianBlur, solarize } = group.operations;
  const hasHue = colorJitter?.ranges.hue !== undefined;
  const slots = blendOperations(group);
  const layout = {
    top: take(),
    left: take(),
    height: take(),
    width: take(),
    flipX: take(),
    flipY: take(),
    transpose: take(quarterTurn !== undefined),
    cos: take(rotation !== undefined),
    sin: take(rotation !== undefined),
    slotsBefore: slots.map(() => take(true, 3)),
    hue: take(hasHue),
    slotsAfter: hasHue ? slots.map(() => take(true, 3)) : [],
    grayscale: take(grayscale !== undefined),
    blurSigma: take(gaussianBlur !== undefined),
    solarize: take(solarize !== undefined),
  };
  return { ...layout, rows };
}

/** Name of a group's input in a compiled program. */
export function inputName(group: ViewGroup): string {
  return `views.${group.name}`;
}

/** Shape and type of one program input, as `engine.compile` takes it. */
export interface InputSignature {
  readonly shape: readonly number[];
  readonly dtype: "float32";
}

/**
 * The program inputs that `drawViews` fills and `applyViews` reads: one float32 matrix a group, [fields, views * batch],
 * column v * batch + i holding view v of image i.
 */
export function viewSignature(spec: ViewSpec, batch: number): Record<string, InputSignature> {
  return Object.fromEntries(
    spec.groups.map((group) => [
      inputName(group),
      { shape: [parameterLayout(group).rows, group.views * batch], dtype: "float32" as const },
    ]),
  );
}

/** Writes one view's parameters into column `column` of a packed matrix with `columns` columns. */
export function packView(
  view: ViewParameters,
  target: { packed: Float32Array; layout: ParameterLayout; column: number; columns: number },
): void {
  const { packed, layout, column, columns } = target;
  const put = (row: number, value: number): void => {
    if (row >= 0) packed[row * columns + column] = value;
  };
  put(layout.top, view.top);
  put(layout.left, view.left);
  put(layout.height, view.height);
  put(layout.width, view.width);
  packOrientation(view, layout, put);
  packJitter(view.jitter, layout, put);
  put(layout.grayscale, view.grayscale ? 1 : 0);
  put(layout.blurSigma, view.blurSigma);
  put(layout.solarize, view.solarize ? 1 : 0);
}

/**
 * Packs parameters that were chosen, not drawn: `views[v * batch + i]` is view v of image i. One group's program input.
 *
 * @throws RangeError when a view jitters with an operation that the group's spec does not have
 */
export function packViews(group: ViewGroup, views: readonly ViewParameters[]): Float32Array {
  const layout = parameterLayout(group);
  const packed = new Float32Array(layout.rows * views.length);
  views.forEach((view, column) => packView(view, { packed, layout, column, columns: views.length }));
  return packed;
}

type Put = (row: number, value: number) => void;

// Quarter turns and flips together are flips followed by a transposition, and the flips cost nothing on the device.
// A counter-clockwise quarter turn is a transposition, then a vertical flip; moving the flips before it swaps them.
function packOrientation(view: ViewParameters, layout: ParameterLayout, put: Put): void {
  const turns = view.quarterTurns & 3;
  const flipX = view.flipX !== (turns === 2 || turns === 3);
  const flipY = view.flipY !== (turns === 1 || turns === 2);
  const transposed = (turns & 1) === 1;
  put(layout.transpose, transposed ? 1 : 0);
  put(layout.flipX, (transposed ? flipY : flipX) ? 1 : 0);
  put(layout.flipY, (transposed ? flipX : flipY) ? 1 : 0);
  const radians = (view.angle * Math.PI) / 180;
  put(layout.cos, Math.cos(radians));
  put(layout.sin, Math.sin(radians));
}

function packJitter(jitter: readonly JitterStep[], layout: ParameterLayout, put: Put): void {
  for (const slot of layout.slotsBefore) putSlot(slot, undefined, put);
  for (const slot of layout.slotsAfter) putSlot(slot, undefined, put);
  put(layout.hue, 0);
  let slots = layout.slotsBefore;
  let next = 0;
  for (const step of jitter) {
    if (step.operation === "hue") {
      if (layout.hue < 0) throw unknownStep(step);
      put(layout.hue, step.factor);
      slots = layout.slotsAfter;
      next = 0;
    } else {
      const slot = slots[next++];
      if (slot === undefined) throw unknownStep(step);
      putSlot(slot, step, put);
    }
  }
}

function unknownStep({ operation }: JitterStep): RangeError {
  return new RangeError(`packViews: the group's colour jitter has no ${operation} (or one step too many)`);
}

function putSlot(slot: number, step: JitterStep | undefined, put: Put): void {
  const factor = step?.factor ?? 1;
  put(slot, factor);
  put(slot + 1, step?.operation === "contrast" ? 1 - factor : 0);
  put(slot + 2, step?.operation === "saturation" ? 1 - factor : 0);
}

/**
 * The parameters of one view, readable, and their packed form: one row per number, one column per view, ready to be an
 * input of a compiled program. Not the drawing of them (draw.ts).
 */
import type { OperationName } from "@lejepa/contracts";
import { isAffine, viewMatrix } from "./affine.ts";
import type { Drawn, Field } from "./operation.ts";
import { type ActiveOperation, activeOperations, formOf } from "./operations.ts";
import type { ImageForm, ViewGroup, ViewSpec } from "./spec.ts";

/** Everything that was drawn for one view. Boxes are in pixels of the stored image, and may reach beyond it. */
export interface ViewParameters {
  top: number;
  left: number;
  height: number;
  width: number;
  /** Degrees counter-clockwise, about the centre of the crop. */
  angle: number;
  /** Degrees along x and along y, torchvision's. */
  shear: readonly [number, number];
  /** Counter-clockwise quarter turns of the rotated crop, before the flips: 0, 1, 2 or 3. */
  quarterTurns: number;
  flipX: boolean;
  flipY: boolean;
  /** What was drawn for each operation on values that acts on this view. */
  values: { [Name in OperationName]?: Drawn };
}

/** Parameters that take the whole image and change nothing but its size. */
export function identityParameters(image: { readonly height: number; readonly width: number }): ViewParameters {
  return {
    top: 0,
    left: 0,
    height: image.height,
    width: image.width,
    angle: 0,
    shear: [0, 0],
    quarterTurns: 0,
    flipX: false,
    flipY: false,
    values: {},
  };
}

/** Where a field is packed. */
export interface Place {
  readonly row: number;
  readonly rows: number;
}

/** Where each number of a view is packed. */
export interface Layout {
  readonly rows: number;
  /** Rows of the fields of each owner: of `geometry`, and of operations. */
  readonly places: Readonly<Record<string, Readonly<Record<string, Place>>>>;
  readonly active: readonly ActiveOperation[];
  /** A packed view on which nothing acts. */
  readonly idle: Float32Array;
}

const row = (idle: number): Field => ({ rows: 1, idle });

function geometryFields({ operations }: ViewGroup): Record<string, Field> {
  return {
    top: row(0),
    left: row(0),
    height: row(1),
    width: row(1),
    flipX: row(0),
    flipY: row(0),
    ...(operations.quarterTurn && { transpose: row(0) }),
    ...(isAffine(operations) && { xx: row(1), xy: row(0), yx: row(0), yy: row(1) }),
  };
}

// by spec, too: specs that share a group differ in channels, means and ranges, which operations know
const layouts = new WeakMap<ViewSpec, Map<ViewGroup, Layout>>();

/** The packed form's rows for a group: only what the group's operations need. */
export function layoutOf(spec: ViewSpec, group: ViewGroup): Layout {
  const ofSpec = layouts.get(spec) ?? new Map<ViewGroup, Layout>();
  layouts.set(spec, ofSpec);
  const known = ofSpec.get(group);
  if (known !== undefined) return known;
  const active = activeOperations(group, formOf(spec, group));
  const places: Record<string, Record<string, Place>> = {};
  const idle: number[] = [];
  const add = (owner: string, fields: Readonly<Record<string, Field>>): void => {
    const own: Record<string, Place> = {};
    places[owner] = own;
    for (const [name, { rows, idle: value }] of Object.entries(fields)) {
      own[name] = { row: idle.length, rows };
      for (let i = 0; i < rows; i++) idle.push(value);
    }
  };
  add("geometry", geometryFields(group));
  for (const { operation, fields } of active) add(operation.name, fields);
  const layout = { rows: idle.length, places, active, idle: Float32Array.from(idle) };
  ofSpec.set(group, layout);
  return layout;
}

/** Name of a group's input in a compiled program. */
export function inputName(group: ViewGroup): string {
  return `views.${group.name}`;
}

/** Shape and type of one program input, as `engine.compile` takes it. */
export interface InputSignature {
  readonly shape: readonly number[];
  readonly dtype: ImageForm["dtype"];
}

/** Name of the input that holds the masks of a batch, where images have masks. */
export const masksInput = "masks";

/** Name of the input that holds the partners of a batch, where images have partners. */
export const partnersInput = "partners";

/** Name of the input that holds the masks of the partners, where images have both. */
export const partnerMasksInput = "partnerMasks";

/**
 * The program inputs that `drawViews` fills and `applyViews` reads: one float32 matrix a group, [rows, views * batch],
 * column v * batch + i holding view v of image i. Besides, which the caller fills: `masks` [batch, height, width], 1 where a pixel is
 * valid, where images have masks; `partners`, as the images, and `partnerMasks`, where images have partners.
 */
export function viewSignature(spec: ViewSpec, batch: number): Record<string, InputSignature> {
  const { height, width, channels, dtype, masked, paired } = spec.image;
  const groups = spec.groups.map((group): [string, InputSignature] => [
    inputName(group),
    { shape: [layoutOf(spec, group).rows, group.views * batch], dtype: "float32" },
  ]);
  const mask = { shape: [batch, height, width], dtype: "uint8" } as const;
  if (masked) groups.push([masksInput, mask]);
  if (paired) groups.push([partnersInput, { shape: [batch, height, width, channels], dtype }]);
  if (masked && paired) groups.push([partnerMasksInput, mask]);
  return Object.fromEntries(groups);
}

/** A packed matrix being filled. */
export interface PackTarget {
  readonly packed: Float32Array;
  readonly layout: Layout;
  readonly columns: number;
}

/** Writes one view's parameters into column `column`. */
export function packView(view: ViewParameters, column: number, { packed, layout, columns }: PackTarget): void {
  const { idle, places, active } = layout;
  for (let i = 0; i < idle.length; i++) packed[i * columns + column] = idle[i] as number;
  const put = (owner: string, values: Drawn): void => {
    const own = places[owner] as Readonly<Record<string, Place>>;
    for (const name in values) {
      const place = own[name];
      if (place === undefined) continue;
      const value = values[name] as number | readonly number[];
      if (typeof value === "number") packed[place.row * columns + column] = value;
      else for (let i = 0; i < place.rows; i++) packed[(place.row + i) * columns + column] = value[i] as number;
    }
  };
  put("geometry", packGeometry(view));
  for (const { operation, options, form } of active) {
    const drawn = view.values[operation.name];
    if (drawn !== undefined) put(operation.name, operation.pack?.(drawn, options, form) ?? drawn);
  }
}

/**
 * Packs parameters that were chosen, not drawn: `views[v * batch + i]` is view v of image i. One group's program input.
 */
export function packViews(spec: ViewSpec, group: ViewGroup, views: readonly ViewParameters[]): Float32Array {
  const layout = layoutOf(spec, group);
  const target = { packed: new Float32Array(layout.rows * views.length), layout, columns: views.length };
  for (const [column, view] of views.entries()) packView(view, column, target);
  return target.packed;
}

// Quarter turns and flips together are flips followed by a transposition, and the flips cost nothing on the device.
// A counter-clockwise quarter turn is a transposition, then a vertical flip; moving the flips before it swaps them. Moving a flip before
// the rotation turns that the other way round.
function packGeometry(view: ViewParameters): Drawn {
  const { top, left, height, width, quarterTurns } = view;
  const turns = quarterTurns & 3;
  const flipX = view.flipX !== (turns === 2 || turns === 3);
  const flipY = view.flipY !== (turns === 1 || turns === 2);
  const transposed = (turns & 1) === 1;
  const [first, second] = transposed ? [flipY, flipX] : [flipX, flipY];
  const { xx, xy, yx, yy } = viewMatrix(view);
  const sign = first === second ? 1 : -1;
  return {
    top,
    left,
    height,
    width,
    flipX: first ? 1 : 0,
    flipY: second ? 1 : 0,
    transpose: transposed ? 1 : 0,
    xx,
    xy: sign * xy,
    yx: sign * yx,
    yy,
  };
}

/**
 * Draws the parameters of views on the host. A view is a pure function of (seed, epoch, item, group, view): it does not
 * depend on the batch, the order of the items, the worker or what was drawn before, so a restart repeats it bit by bit. Where images
 * have masks, it depends on the image's mask besides.
 * Distributions are torchvision's (RandomResizedCrop, ColorJitter with its random order, GaussianBlur, ...).
 */
import { LejepaError, stream } from "@lejepa/contracts";
import type { RandomStream } from "@lejepa/contracts";
import { drawGeometry, enlarge } from "./draw-geometry.ts";
import type { Drawn } from "./operation.ts";
import {
  identityParameters,
  inputName,
  layoutOf,
  type PackTarget,
  packView,
  type ViewParameters,
} from "./parameters.ts";
import type { ViewGroup, ViewSpec } from "./spec.ts";
import { type ValidShare, validShare } from "./valid-share.ts";

/** Which views: of these items, in this epoch. */
export interface DrawOptions {
  /** The run's seed. */
  readonly seed: number;
  /** Pass over the data (or any counter that differs whenever an item comes again), 0 .. 2^32-1. */
  readonly epoch: number;
  /** One stable number for each image of the batch, 0 .. 2^32-1: its index in the dataset, or a hash of its id. */
  readonly items: ArrayLike<number>;
  /** Masks of the images, where they have any, [batch, height, width]: crops have `spec.leastValid` valid pixels if ten tries find one. */
  readonly masks?: Uint8Array;
  /** Masks of the images that views of odd number are cut from. */
  readonly partnerMasks?: Uint8Array;
  /** Arrays of an earlier call with the same spec and batch, to be overwritten. */
  readonly into?: Record<string, Float32Array>;
}

/**
 * The parameters of all views of a batch, as inputs of a program compiled with `viewSignature(spec, items.length)`:
 * one packed float32 matrix [fields, views * batch] a group, view-major.
 *
 * @throws LejepaError E_USAGE when an item, the seed or the epoch is outside its range, E_SHAPE when `into` does not fit
 */
export function drawViews(spec: ViewSpec, options: DrawOptions): Record<string, Float32Array> {
  const arrays: Record<string, Float32Array> = {};
  const { masks, partnerMasks, items } = options;
  const shares = sharesOf(spec, masks, items.length);
  const valid = [shares, spec.image.paired ? sharesOf(spec, partnerMasks, items.length) : shares] as const;
  for (const group of spec.groups) arrays[inputName(group)] = drawGroup(spec, group, { ...options, valid });
  return arrays;
}

type Shares = readonly (ValidShare | undefined)[];

// of each image of the batch; none where all crops will do
function sharesOf(spec: ViewSpec, masks: Uint8Array | undefined, batch: number): Shares {
  if (masks === undefined || !spec.leastValid) return [];
  const pixels = spec.image.height * spec.image.width;
  return Array.from({ length: batch }, (_, i) => validShare(masks.subarray(i * pixels, (i + 1) * pixels), spec.image));
}

interface GroupDraw extends DrawOptions {
  /** For views of even and of odd number. */
  readonly valid: readonly [Shares, Shares];
}

function drawGroup(spec: ViewSpec, group: ViewGroup, { seed, epoch, items, into, valid }: GroupDraw): Float32Array {
  const layout = layoutOf(spec, group);
  const batch = items.length;
  const columns = group.views * batch;
  const packed = outputArray(into, inputName(group), layout.rows * columns);
  const target: PackTarget = { packed, layout, columns };
  for (let view = 0; view < group.views; view++) {
    const purpose = streamPurpose(group, view);
    for (let i = 0; i < batch; i++) {
      const random = stream(seed, purpose, epoch, items[i] as number);
      const drawn = drawFrom(random, spec, group, valid[view & 1]?.[i]);
      packView(drawn, view * batch + i, target);
    }
  }
  return packed;
}

/** Names one view: `drawView(spec, { group: "global", view: 0, seed, epoch, item })`. */
export interface DrawOneOptions {
  readonly group: ViewGroup["name"];
  readonly view: number;
  readonly seed: number;
  readonly epoch: number;
  readonly item: number;
  /** Mask of the image that this view is cut from, where it has one. */
  readonly mask?: Uint8Array;
}

/** The parameters of one view in readable form: the very numbers that `drawViews` packs for it. */
export function drawView(
  spec: ViewSpec,
  { group: name, view, seed, epoch, item, mask }: DrawOneOptions,
): ViewParameters {
  const group = spec.groups.find((candidate) => candidate.name === name);
  if (group === undefined || view < 0 || view >= group.views) {
    throw new LejepaError({
      code: "E_USAGE",
      where: "drawView",
      expected: spec.groups.map((one) => `${one.name} 0 .. ${one.views - 1}`).join(" or "),
      got: `${name} ${view}`,
    });
  }
  return drawFrom(stream(seed, streamPurpose(group, view), epoch, item), spec, group, sharesOf(spec, mask, 1)[0]);
}

// part of what makes runs repeatable: never change it without a note in the changelog
function streamPurpose(group: ViewGroup, view: number): string {
  return `views.${group.name}.${view}`;
}

function drawFrom(random: RandomStream, spec: ViewSpec, group: ViewGroup, valid?: ValidShare): ViewParameters {
  const view = drawPlace(random, spec, group, valid);
  for (const { operation, options, form } of layoutOf(spec, group).active) {
    if (!random.bernoulli(options.probability)) continue;
    const drawn: Drawn = operation.draw(random, options, form);
    view.values[operation.name] = drawn;
    if (operation.zoom !== undefined) enlarge(view, operation.zoom(drawn, options));
  }
  return view;
}

const triesForValid = 10;

// the first of ten with enough valid pixels, or the one with most of them
function drawPlace(random: RandomStream, spec: ViewSpec, group: ViewGroup, valid?: ValidShare): ViewParameters {
  let best = identityParameters(spec.image);
  drawGeometry(random, group, spec.image, best);
  if (valid === undefined) return best;
  let share = valid(best);
  for (let tries = 1; tries < triesForValid && share < (spec.leastValid ?? 0); tries++) {
    const other = identityParameters(spec.image);
    drawGeometry(random, group, spec.image, other);
    if (valid(other) <= share) continue;
    best = other;
    share = valid(other);
  }
  return best;
}

function outputArray(into: Record<string, Float32Array> | undefined, name: string, length: number): Float32Array {
  if (into === undefined) return new Float32Array(length);
  const given = into[name];
  if (given?.length === length) return given;
  throw new LejepaError({
    code: "E_SHAPE",
    where: "drawViews",
    expected: `into["${name}"] with ${length} elements`,
    got: given === undefined ? "nothing" : `${given.length}`,
    hint: "Reuse arrays only with the same spec and batch size.",
  });
}

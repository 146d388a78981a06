/**
 * Draws the parameters of views on the host. A view is a pure function of (seed, epoch, item, group, view): it does not
 * depend on the batch, the order of the items, the worker or what was drawn before, so a restart repeats it bit by bit.
 * Distributions are torchvision's (RandomResizedCrop, ColorJitter with its random order, GaussianBlur, ...).
 */
import { LejepaError, stream } from "@lejepa/contracts";
import type { RandomStream } from "@lejepa/contracts";
import { drawGeometry, enlarge } from "./draw-geometry.ts";
import type { Drawn } from "./operation.ts";
import { identityParameters, inputName, layoutOf, type PackTarget, packView, type ViewParameters } from "./parameters.ts";
import type { ViewGroup, ViewSpec } from "./spec.ts";

/** Which views: of these items, in this epoch. */
export interface DrawOptions {
  /** The run's seed. */
  readonly seed: number;
  /** Pass over the data (or any counter that differs whenever an item comes again), 0 .. 2^32-1. */
  readonly epoch: number;
  /** One stable number for each image of the batch, 0 .. 2^32-1: its index in the dataset, or a hash of its id. */
  readonly items: ArrayLike<number>;
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
  for (const group of spec.groups) arrays[inputName(group)] = drawGroup(spec, group, options);
  return arrays;
}

function drawGroup(spec: ViewSpec, group: ViewGroup, { seed, epoch, items, into }: DrawOptions): Float32Array {
  const layout = layoutOf(spec, group);
  const batch = items.length;
  const columns = group.views * batch;
  const packed = outputArray(into, inputName(group), layout.rows * columns);
  const target: PackTarget = { packed, layout, columns };
  for (let view = 0; view < group.views; view++) {
    const purpose = streamPurpose(group, view);
    for (let i = 0; i < batch; i++) {
      const drawn = drawFrom(stream(seed, purpose, epoch, items[i] as number), spec, group);
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
}

/** The parameters of one view in readable form: the very numbers that `drawViews` packs for it. */
export function drawView(spec: ViewSpec, { group: name, view, seed, epoch, item }: DrawOneOptions): ViewParameters {
  const group = spec.groups.find((candidate) => candidate.name === name);
  if (group === undefined || view < 0 || view >= group.views) {
    throw new LejepaError({
      code: "E_USAGE",
      where: "drawView",
      expected: spec.groups.map((one) => `${one.name} 0 .. ${one.views - 1}`).join(" or "),
      got: `${name} ${view}`,
    });
  }
  return drawFrom(stream(seed, streamPurpose(group, view), epoch, item), spec, group);
}

// part of what makes runs repeatable: never change it without a note in the changelog
function streamPurpose(group: ViewGroup, view: number): string {
  return `views.${group.name}.${view}`;
}

function drawFrom(random: RandomStream, spec: ViewSpec, group: ViewGroup): ViewParameters {
  const view = identityParameters(spec.image);
  drawGeometry(random, group, spec.image, view);
  for (const { operation, options, form } of layoutOf(spec, group).active) {
    if (!random.bernoulli(options.probability)) continue;
    const drawn: Drawn = operation.draw(random, options, form);
    view.values[operation.name] = drawn;
    if (operation.zoom !== undefined) enlarge(view, operation.zoom(drawn, options));
  }
  return view;
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

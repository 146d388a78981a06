/**
 * Draws the parameters of views on the host. A view is a pure function of (seed, epoch, item, group, view): it does not
 * depend on the batch, the order of the items, the worker or what was drawn before, so a restart repeats it bit by bit.
 * Distributions are torchvision's (RandomResizedCrop, ColorJitter with its random order, GaussianBlur, ...).
 */
import { LejepaError, stream } from "@lejepa/contracts";
import type { RandomStream } from "@lejepa/contracts";
import { drawCropBox } from "./crop-box.ts";
import { blendOperations, identityParameters, inputName, packView, parameterLayout } from "./parameters.ts";
import type { JitterStep, ViewParameters } from "./parameters.ts";
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
  const layout = parameterLayout(group);
  const batch = items.length;
  const columns = group.views * batch;
  const packed = outputArray(into, inputName(group), layout.rows * columns);
  const scratch = createScratch(spec, group);
  for (let view = 0; view < group.views; view++) {
    const purpose = streamPurpose(group, view);
    for (let i = 0; i < batch; i++) {
      drawInto(scratch, spec, stream(seed, purpose, epoch, items[i] as number));
      packView(scratch.view, { packed, layout, column: view * batch + i, columns });
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
  const scratch = createScratch(spec, group);
  drawInto(scratch, spec, stream(seed, streamPurpose(group, view), epoch, item));
  return scratch.view;
}

// part of what makes runs repeatable: never change it without a note in the changelog
function streamPurpose(group: ViewGroup, view: number): string {
  return `views.${group.name}.${view}`;
}

// Everything that one group's draws reuse, so that a batch of views allocates nothing but its random streams.
interface Scratch {
  readonly group: ViewGroup;
  readonly crop: Parameters<typeof drawCropBox>[1];
  readonly view: ViewParameters;
  readonly steps: readonly JitterStep[];
}

function createScratch(spec: ViewSpec, group: ViewGroup): Scratch {
  const { height, width } = spec.image;
  const operations: JitterStep["operation"][] = [...blendOperations(group)];
  if (group.operations.colorJitter?.ranges.hue !== undefined) operations.push("hue");
  return {
    group,
    crop: { height, width, scale: group.scale, ratio: group.ratio },
    view: identityParameters(spec.image),
    steps: operations.map((operation) => ({ operation, factor: operation === "hue" ? 0 : 1 })),
  };
}

function drawInto(scratch: Scratch, spec: ViewSpec, random: RandomStream): void {
  const { view, group } = scratch;
  const { rotation, quarterTurn, horizontalFlip, verticalFlip, grayscale, gaussianBlur, solarize } = group.operations;
  view.angle = rotation && random.bernoulli(rotation.p) ? random.uniform(rotation.degrees[0], rotation.degrees[1]) : 0;
  drawCropBox(random, scratch.crop, view);
  view.quarterTurns = quarterTurn && random.bernoulli(quarterTurn.p) ? 1 + random.integer(3) : 0;
  view.flipX = horizontalFlip !== undefined && random.bernoulli(horizontalFlip.p);
  view.flipY = verticalFlip !== undefined && random.bernoulli(verticalFlip.p);
  drawJitter(scratch, random);
  view.grayscale = grayscale !== undefined && random.bernoulli(grayscale.p);
  view.blurSigma =
    gaussianBlur && random.bernoulli(gaussianBlur.p) ? random.uniform(gaussianBlur.sigma[0], gaussianBlur.sigma[1]) : 0;
  view.solarize = solarize !== undefined && random.bernoulli(solarize.p);
}

function drawJitter({ view, group, steps }: Scratch, random: RandomStream): void {
  const jitter = group.operations.colorJitter;
  view.jitter.length = 0;
  if (jitter === undefined || !random.bernoulli(jitter.p)) return;
  for (const step of steps) {
    const range = jitter.ranges[step.operation];
    if (range !== undefined) step.factor = random.uniform(range[0], range[1]);
    view.jitter.push(step);
  }
  for (let last = steps.length - 1; last > 0; last--) {
    const other = random.integer(last + 1);
    const kept = view.jitter[last] as JitterStep;
    view.jitter[last] = view.jitter[other] as JitterStep;
    view.jitter[other] = kept;
  }
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

/**
 * Orders the slices of a series along the normal of their planes (PS3.3 section C.7.6.2.1.1): position . (row x column).
 * The instance number is only asked where there are no positions, because nothing makes it follow them.
 */
import type { Plane } from "./frame-attributes.ts";
import type { IndexedFrame, IndexedImage } from "./index-types.ts";

/** A frame in its series. */
export interface Slice {
  readonly image: IndexedImage;
  readonly frame: IndexedFrame;
  /** Slices before and after it in the same stack, at another position. */
  readonly previous?: Slice;
  readonly next?: Slice;
}

/** What is odd about a series. */
export interface SeriesFindings {
  readonly gaps: boolean;
  readonly duplicates: boolean;
  readonly orientations: boolean;
  /** More than one image, and not all have a position: ordered by instance number. */
  readonly unplaced: boolean;
}

/** The slices of one series in order, linked with their neighbours. */
export function orderSeries(images: readonly IndexedImage[]): { slices: Slice[]; findings: SeriesFindings } {
  const all = images.flatMap((image) => image.frames.map((frame): Linked => ({ image, frame })));
  const placed = all.every(({ frame }) => frame.plane !== undefined);
  if (!placed) {
    const slices = all.sort(byInstance);
    linkAll(slices);
    const unplaced = images.length > 1 && images.some(({ facts }) => sliced.has(String(facts["modality"])));
    return { slices, findings: { gaps: false, duplicates: false, orientations: false, unplaced } };
  }
  const stacks = intoStacks(all);
  const findings = { gaps: false, duplicates: false, orientations: stacks.length > 1, unplaced: false };
  for (const stack of stacks) {
    stack.sort((a, b) => depth(a) - depth(b) || byInstance(a, b));
    const { gaps, duplicates, step } = steps(stack.map(depth));
    findings.gaps ||= gaps;
    findings.duplicates ||= duplicates;
    linkStack(stack, step);
  }
  return { slices: stacks.flat(), findings };
}

// modalities whose images are slices
const sliced = new Set(["CT", "MR", "PT"]);

interface Linked {
  readonly image: IndexedImage;
  readonly frame: IndexedFrame;
  previous?: Linked;
  next?: Linked;
}

// a few hundredths of a millimetre and a third of a degree are rounding
const samePlace = 0.01;
const sameDirection = 0.01;

function intoStacks(slices: readonly Linked[]): Linked[][] {
  const stacks: Linked[][] = [];
  for (const slice of slices) {
    const own = (slice.frame.plane as Plane).orientation;
    const stack = stacks.find(([first]) => {
      const { orientation } = (first as Linked).frame.plane as Plane;
      return orientation.every((value, i) => Math.abs(value - (own[i] as number)) < sameDirection);
    });
    if (stack === undefined) stacks.push([slice]);
    else stack.push(slice);
  }
  return stacks;
}

/** Distance of a slice along its normal, millimetres. */
function depth({ frame }: Linked): number {
  const { position, orientation } = frame.plane as Plane;
  const [a, b, c, d, e, f] = orientation;
  return position[0] * (b * f - c * e) + position[1] * (c * d - a * f) + position[2] * (a * e - b * d);
}

// the usual step is the median; half as much again is a gap
function steps(depths: readonly number[]): { gaps: boolean; duplicates: boolean; step: number } {
  const all = depths.slice(1).map((value, i) => value - (depths[i] as number));
  const forward = all.filter((value) => value >= samePlace).sort((a, b) => a - b);
  const step = forward[Math.floor(forward.length / 2)] ?? 0;
  return {
    duplicates: all.some((value) => value < samePlace),
    gaps: forward.some((value) => value > 1.5 * step),
    step,
  };
}

// neighbours are at another place, and not across a gap
function linkStack(stack: readonly Linked[], step: number): void {
  const depths = stack.map(depth);
  const neighbour = (at: number, by: 1 | -1): Linked | undefined => {
    const here = depths[at] as number;
    let other = at + by;
    while (other in stack && Math.abs((depths[other] as number) - here) < samePlace) other += by;
    return Math.abs((depths[other] ?? Infinity) - here) <= 1.5 * step ? stack[other] : undefined;
  };
  for (const [at, slice] of stack.entries()) {
    const [previous, next] = [neighbour(at, -1), neighbour(at, 1)];
    if (previous !== undefined) slice.previous = previous;
    if (next !== undefined) slice.next = next;
  }
}

function linkAll(slices: readonly Linked[]): void {
  for (const [i, slice] of slices.entries()) {
    const [before, after] = [slices[i - 1], slices[i + 1]];
    if (before !== undefined) slice.previous = before;
    if (after !== undefined) slice.next = after;
  }
}

function byInstance(a: Linked, b: Linked): number {
  const [first, second] = [a.image.instance ?? Infinity, b.image.instance ?? Infinity];
  if (first !== second) return first - second;
  if (a.image.path !== b.image.path) return a.image.path < b.image.path ? -1 : 1;
  return a.frame.frame - b.frame.frame;
}

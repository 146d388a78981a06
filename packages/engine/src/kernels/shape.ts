// Kernels that move data: shapes, slices, joins, gathers.
import * as tf from "@tensorflow/tfjs";
import {
  apply,
  apply1,
  binary,
  cast,
  concat,
  expand,
  hostArray,
  i64,
  int,
  literal,
  pad,
  reshape,
  scalar,
  slice,
  text,
  transpose,
  uniform,
} from "../graph/build.ts";
import { unsupportedOp, wrongShapes } from "../errors.ts";
import type { ElementType, Value } from "../graph/value.ts";
import { sameShape, sizeOf } from "../graph/value.ts";
import { axesOf, axisOf, input, type KernelInputs, type KernelTable, kernel } from "./registry.ts";

/** Shape with one extent possibly -1. */
function inferred(shape: readonly number[], size: number): number[] {
  const known = shape.filter((extent) => extent !== -1).reduce((a, b) => a * b, 1);
  return shape.map((extent) => (extent === -1 ? size / known : extent));
}

/** What tfjs's own checks of shapes look at. */
const tensorInfo = ({ shape, dtype }: Value): tf.TensorInfo => ({
  dataId: {},
  shape: [...shape],
  dtype: dtype as tf.DataType,
});

const parts = (inputs: KernelInputs): Value[] => Object.values(inputs);

const concatenation = kernel<tf.ConcatAttrs>((inputs, { axis }) => {
  const all = parts(inputs);
  const rank = all[0]?.shape.length ?? 0;
  const along = axisOf(axis, rank);
  tf.backend_util.assertParamsConsistent(
    all.map(({ shape }) => [...shape]),
    along,
  );
  const filled = all.filter((part) => sizeOf(part.shape) > 0);
  if (filled.length > 0) return concat(filled, along);
  return concat(all, along);
});

const pack = kernel<tf.PackAttrs>((inputs, { axis }) => {
  const all = parts(inputs);
  const rank = (all[0]?.shape.length ?? 0) + 1;
  const along = axisOf(axis, rank);
  const [first] = all;
  const other = all.find((part) => part.dtype !== first?.dtype || !sameShape(part.shape, first.shape));
  if (first !== undefined && other !== undefined) {
    throw wrongShapes("Pack", `${first.dtype} tensors of one shape`, [first.shape, other.shape]);
  }
  return concat(
    all.map((part) => reshape(part, [...part.shape.slice(0, along), 1, ...part.shape.slice(along)])),
    along,
  );
});

/** More outputs than shaders have storage buffers for. */
const MANY_PARTS = 8;

/** One Split node for all parts; a slice for each when they are many. */
function split(x: Value, sizes: readonly number[], axis: number): Value[] {
  if (sizes.length > MANY_PARTS) return slices(x, sizes, axis);
  const outputs = sizes.map((size) => ({
    shape: x.shape.map((extent, i) => (i === axis ? size : extent)),
    dtype: x.dtype,
  }));
  return apply("Split", [x, i64(sizes)], outputs, { axis: int(axis) });
}

function slices(x: Value, sizes: readonly number[], axis: number): Value[] {
  let start = 0;
  return sizes.map((size) => {
    const begin = x.shape.map((_, i) => (i === axis ? start : 0));
    start += size;
    return slice(
      x,
      begin,
      x.shape.map((extent, i) => (i === axis ? size : extent)),
    );
  });
}

const splitV = kernel<tf.SplitVAttrs>((inputs, { numOrSizeSplits, axis }) => {
  const x = input(inputs, "x");
  const along = axisOf(axis, x.shape.length);
  return split(x, tf.backend_util.prepareSplitSize(tensorInfo(x), numOrSizeSplits, along), along);
});

const unpack = kernel<tf.UnpackAttrs>((inputs, { axis }) => {
  const x = input(inputs, "value");
  const along = axisOf(axis, x.shape.length);
  const shape = x.shape.filter((_, i) => i !== along);
  return split(x, Array<number>(x.shape[along] as number).fill(1), along).map((part) => reshape(part, shape));
});

const sliceKernel = kernel<tf.SliceAttrs>((inputs, { begin, size }) => {
  const x = input(inputs, "x");
  const [starts = [], sizes = []] = tf.slice_util.parseSliceParams(tensorInfo(x), begin, size);
  tf.slice_util.assertParamsValid(tensorInfo(x), starts, sizes);
  return slice(x, starts, sizes);
});

/** Strided slice from dense begin/end/strides; masks are resolved here as NumPy does. */
const stridedSlice = kernel<tf.StridedSliceAttrs>((inputs, attributes) => {
  const x = input(inputs, "x");
  const info = denseSlice(x.shape, attributes);
  const { starts, ends, steps, shape } = info;
  const axes = steps.map((_, i) => i);
  const raw = apply1("Slice", [x, i64(starts), i64(ends), i64(axes), i64(steps)], { shape, dtype: x.dtype });
  return reshape(sizeOf(shape) === 0 ? uniform(0, shape, x.dtype) : raw, info.finalShape);
});

interface DenseSlice {
  readonly starts: number[];
  readonly ends: number[];
  readonly steps: number[];
  readonly shape: number[];
  readonly finalShape: number[];
}

function denseSlice(shape: readonly number[], attributes: tf.StridedSliceAttrs): DenseSlice {
  const spec = expandEllipsis(shape.length, attributes);
  const result: DenseSlice = { starts: [], ends: [], steps: [], shape: [], finalShape: [] };
  let axis = 0;
  for (const entry of spec) {
    if (entry.kind === "new") {
      result.finalShape.push(1);
      continue;
    }
    const extent = shape[axis++] as number;
    const { start, end, step } = entryBounds(entry, extent);
    const count = Math.max(0, Math.ceil((end - start) / step));
    result.starts.push(start);
    // an end before the first element must not wrap round
    result.ends.push(end < 0 ? -extent - 1 : end);
    result.steps.push(step);
    result.shape.push(count);
    if (!entry.shrink) result.finalShape.push(count);
  }
  return result;
}

interface SliceEntry {
  readonly kind: "axis" | "new";
  readonly begin?: number | undefined;
  readonly end?: number | undefined;
  readonly step: number;
  readonly shrink: boolean;
}

function expandEllipsis(rank: number, a: tf.StridedSliceAttrs): SliceEntry[] {
  const has = (mask: number, i: number): boolean => (mask & (1 << i)) !== 0;
  const count = a.begin.length;
  const indices = Array.from({ length: count }, (_, i) => i);
  const given = indices.filter((i) => !has(a.newAxisMask, i) && !has(a.ellipsisMask, i)).length;
  const whole: SliceEntry = { kind: "axis", step: 1, shrink: false };
  const entries = indices.flatMap((i): SliceEntry[] => {
    if (has(a.ellipsisMask, i)) return Array<SliceEntry>(rank - given).fill(whole);
    if (has(a.newAxisMask, i)) return [{ kind: "new", step: 1, shrink: false }];
    return [
      {
        kind: "axis",
        begin: has(a.beginMask, i) ? undefined : a.begin[i],
        end: has(a.endMask, i) ? undefined : a.end[i],
        step: a.strides[i] ?? 1,
        shrink: has(a.shrinkAxisMask, i),
      },
    ];
  });
  const covered = entries.filter((entry) => entry.kind === "axis").length;
  return [...entries, ...Array<SliceEntry>(Math.max(0, rank - covered)).fill(whole)];
}

function entryBounds(
  { begin, end, step, shrink }: SliceEntry,
  extent: number,
): { start: number; end: number; step: number } {
  const clamp = (v: number): number =>
    step > 0
      ? Math.min(Math.max(v < 0 ? v + extent : v, 0), extent)
      : Math.min(Math.max(v < 0 ? v + extent : v, -1), extent - 1);
  const start = begin === undefined ? (step > 0 ? 0 : extent - 1) : clamp(begin);
  if (shrink) return { start, end: start + 1, step: 1 };
  const stop = end === undefined ? (step > 0 ? extent : -1) : clamp(end);
  return { start, end: stop, step };
}

const mirrorPad = kernel<tf.MirrorPadAttrs>((inputs, { paddings, mode }) => {
  const x = input(inputs, "x");
  const shape = x.shape.map((extent, i) => extent + (paddings[i]?.[0] ?? 0) + (paddings[i]?.[1] ?? 0));
  const amounts = [...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)];
  if (mode === "reflect") return apply1("Pad", [x, i64(amounts)], { shape, dtype: x.dtype }, { mode: text("reflect") });
  // symmetric repeats the edge: gather the mirrored positions axis by axis
  return paddings.reduce((y, [before, after], axis) => {
    const extent = y.shape[axis] as number;
    const positions = Array.from({ length: extent + before + after }, (_, i) => mirrored(i - before, extent));
    return gatherAlong(y, literal(hostArray("int32", positions), [positions.length], "int32"), axis);
  }, x);
});

const mirrored = (i: number, extent: number): number => (i < 0 ? -i - 1 : i >= extent ? 2 * extent - 1 - i : i);

/** Gather along one axis with an index tensor of any shape. */
function gatherAlong(x: Value, indices: Value, axis: number): Value {
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
  return apply1("Gather", [x, indices], { shape, dtype: x.dtype }, { axis: int(axis) });
}

const gatherV2 = kernel<tf.GatherV2Attrs>((inputs, { axis, batchDims }) => {
  const x = input(inputs, "x");
  const indices = cast(input(inputs, "indices"), "int32");
  const along = axisOf(axis, x.shape.length);
  // tfjs's own checks
  tf.backend_util.segment_util.collectGatherOpShapeInfo(tensorInfo(x), tensorInfo(indices), along, batchDims);
  if (batchDims === 0) return gatherAlong(x, indices, along);
  // batched: offset the indices into the flattened batch
  const batch = x.shape.slice(0, batchDims);
  const count = sizeOf(batch);
  const rows = x.shape[along] as number;
  const outer = x.shape.slice(batchDims, along);
  const inner = x.shape.slice(along + 1);
  const moved = transpose(reshape(x, [count, sizeOf(outer), rows, sizeOf(inner)]), [0, 2, 1, 3]);
  const flat = reshape(moved, [count * rows, sizeOf(outer), sizeOf(inner)]);
  const perBatch = sizeOf(indices.shape.slice(batchDims));
  const offsets = literal(
    hostArray(
      "int32",
      Array.from({ length: count }, (_, i) => i * rows),
    ),
    [count, 1],
    "int32",
  );
  const shifted = apply1("Add", [reshape(indices, [count, perBatch]), offsets], {
    shape: [count, perBatch],
    dtype: "int32",
  });
  const picked = gatherAlong(flat, shifted, 0);
  return reshape(transpose(picked, [0, 2, 1, 3]), [...batch, ...outer, ...indices.shape.slice(batchDims), ...inner]);
});

const gatherNd = kernel<unknown>((inputs) => {
  const x = input(inputs, "params");
  const indices = input(inputs, "indices");
  tf.gather_util.prepareAndValidate(tensorInfo(x), tensorInfo(indices));
  const depth = indices.shape.at(-1) as number;
  const shape = [...indices.shape.slice(0, -1), ...x.shape.slice(depth)];
  return apply1("GatherND", [x, cast(indices, "int64")], { shape, dtype: x.dtype });
});

/** Sums updates that meet at one place, as tfjs does. */
const scatterNd = kernel<tf.ScatterNdAttrs>((inputs, { shape }) => {
  const given = input(inputs, "updates");
  const places = input(inputs, "indices");
  const { sliceRank, numUpdates } = tf.scatter_util.calculateShapes(tensorInfo(given), tensorInfo(places), shape);
  const updates = reshape(given, [numUpdates, ...shape.slice(sliceRank)]);
  const start = uniform(0, shape, updates.dtype);
  const indices = cast(reshape(places, [numUpdates, sliceRank]), "int64");
  return apply1("ScatterND", [start, indices, updates], { shape, dtype: updates.dtype }, { reduction: text("add") });
});

/** Rows whose segment is negative or past the last go to one more row, which is cut off. */
const unsortedSegmentSum = kernel<tf.UnsortedSegmentSumAttrs>((inputs, { numSegments }) => {
  const x = input(inputs, "x");
  const ids = input(inputs, "segmentIds");
  const rest = x.shape.slice(1);
  if (sizeOf(x.shape) === 0) return uniform(0, [numSegments, ...rest], x.dtype);
  const last = scalar(numSegments, ids.dtype);
  const negative = binary("Less", ids, scalar(0, ids.dtype), "bool");
  const outside = binary("Or", negative, binary("Greater", ids, last, "bool"), "bool");
  const kept = apply1("Where", [outside, last, ids], ids);
  const indices = reshape(cast(kept, "int64"), [ids.shape[0] as number, 1]);
  const shape = [numSegments + 1, ...rest];
  const sums = apply1(
    "ScatterND",
    [uniform(0, shape, x.dtype), indices, x],
    { shape, dtype: x.dtype },
    { reduction: text("add") },
  );
  return slice(sums, Array<number>(shape.length).fill(0), [numSegments, ...rest]);
});

const oneHot = kernel<tf.OneHotAttrs>((inputs, { depth, onValue, offValue, dtype }) => {
  const indices = cast(input(inputs, "indices"), "int32");
  const type = (dtype ?? "int32") as ElementType;
  const positions = literal(
    hostArray(
      "int32",
      Array.from({ length: depth }, (_, i) => i),
    ),
    [depth],
    "int32",
  );
  const shape = [...indices.shape, depth];
  const hit = apply1("Equal", [reshape(indices, [...indices.shape, 1]), positions], { shape, dtype: "bool" });
  if (onValue === 1 && offValue === 0) return cast(hit, type);
  const spread = (value: number): Value => scalar(value, type === "bool" ? "int32" : type);
  return cast(
    apply1("Where", [hit, spread(onValue), spread(offValue)], { shape, dtype: type === "bool" ? "int32" : type }),
    type,
  );
});

const reverse = kernel<tf.ReverseAttrs>((inputs, { dims }) => {
  const x = input(inputs, "x");
  const axes = axesOf(dims, x.shape.length);
  if (axes.length === 0 || x.shape.length === 0) return x;
  const starts = axes.map(() => -1);
  const ends = axes.map((axis) => -(x.shape[axis] as number) - 1);
  return apply1("Slice", [x, i64(starts), i64(ends), i64(axes), i64(starts)], x);
});

/** Values counted up on the host: small, and part of the structure. */
const counted = (values: readonly number[], dtype: ElementType): Value =>
  literal(hostArray(dtype, values), [values.length], dtype);

const range = kernel<tf.RangeAttrs>((_, { start, stop, step: given, dtype }) => {
  // counts down without being told, as tfjs does
  const step = stop < start && given === 1 ? -1 : given;
  const count = Math.max(0, Math.ceil((stop - start) / step));
  const values = Array.from({ length: count }, (_unused, i) => start + i * step);
  return counted(values, dtype as ElementType);
});

const linSpace = kernel<tf.LinSpaceAttrs>((_, { start, stop, num }) =>
  counted(
    Array.from({ length: num }, (_unused, i) => start + ((stop - start) * i) / Math.max(1, num - 1)),
    "float32",
  ),
);

const broadcastTo = kernel<tf.BroadCastToAttrs>((inputs, { shape }) => expand(input(inputs, "x"), shape));

/** All data-moving kernels. */
export const shaping: KernelTable = {
  Reshape: kernel<tf.ReshapeAttrs>((inputs, { shape }) => {
    const x = input(inputs, "x");
    return reshape(x, inferred(shape, sizeOf(x.shape)));
  }),
  ExpandDims: kernel<tf.ExpandDimsAttrs>((inputs, { dim }) => {
    const x = input(inputs, "input");
    const axis = dim < 0 ? dim + x.shape.length + 1 : dim;
    if (axis < 0 || axis > x.shape.length) throw wrongShapes("ExpandDims", `an axis of it, not ${dim},`, [x.shape]);
    return reshape(x, [...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)]);
  }),
  Transpose: kernel<tf.TransposeAttrs>((inputs, { perm }) => transpose(input(inputs, "x"), perm)),
  Tile: kernel<tf.TileAttrs>((inputs, { reps }) => {
    const x = input(inputs, "x");
    return apply1("Tile", [x, i64(reps)], { shape: x.shape.map((e, i) => e * (reps[i] ?? 1)), dtype: x.dtype });
  }),
  BroadcastTo: broadcastTo,
  Concat: concatenation,
  Pack: pack,
  Unpack: unpack,
  SplitV: splitV,
  Slice: sliceKernel,
  StridedSlice: stridedSlice,
  PadV2: kernel<tf.PadV2Attrs>((inputs, { paddings, constantValue }) =>
    pad(input(inputs, "x"), paddings, constantValue),
  ),
  MirrorPad: mirrorPad,
  Reverse: reverse,
  ZerosLike: (inputs) => uniform(0, input(inputs, "x").shape, input(inputs, "x").dtype),
  OnesLike: (inputs) => uniform(1, input(inputs, "x").shape, input(inputs, "x").dtype),
  Fill: kernel<tf.FillAttrs>((_, { shape, value, dtype }) => {
    if (typeof value !== "number") throw unsupportedOp("Fill with strings", undefined);
    return uniform(value, shape, (dtype ?? "float32") as ElementType);
  }),
  Range: range,
  LinSpace: linSpace,
  GatherV2: gatherV2,
  GatherNd: gatherNd,
  ScatterNd: scatterNd,
  UnsortedSegmentSum: unsortedSegmentSum,
  OneHot: oneHot,
};

// Cases of the kernels that move data.
import * as tf from "@tensorflow/tfjs";
import { bools, floats, ints, intValues, type OpCase, type OpEntry, type OpTable, opCase } from "./case.ts";

type One = (x: tf.Tensor) => tf.Tensor | tf.Tensor[];

const one = (name: string, shape: readonly number[], op: One): OpCase =>
  opCase(name, [floats(shape)], (x) => op(x as tf.Tensor));
const entry = (...cases: OpCase[]): OpEntry => ({ cases });

const ranks: OpTable = {
  Reshape: entry(
    one("inferred", [2, 3, 4], (x) => tf.reshape(x, [4, -1])),
    one("to scalar", [1, 1], (x) => tf.reshape(x, [])),
    one("empty", [0, 3], (x) => tf.reshape(x, [3, 0])),
  ),
  ExpandDims: entry(
    one("first", [2, 3], (x) => tf.expandDims(x, 0)),
    one("last", [2, 3], (x) => tf.expandDims(x, -1)),
    one("scalar", [], (x) => tf.expandDims(x, 0)),
  ),
  Transpose: entry(
    one("rank 4", [2, 3, 1, 5], (x) => tf.transpose(x, [3, 0, 2, 1])),
    one("default", [2, 3], (x) => tf.transpose(x)),
    one("empty", [0, 3], (x) => tf.transpose(x)),
    opCase("int32", [ints([2, 3])], (x) => tf.transpose(x as tf.Tensor)),
  ),
  Tile: entry(
    one("rank 2", [2, 3], (x) => tf.tile(x, [2, 3])),
    one("axis of 1", [1, 3], (x) => tf.tile(x, [4, 1])),
    opCase("int32", [ints([3])], (x) => tf.tile(x as tf.Tensor, [2])),
  ),
  BroadcastTo: entry(
    one("rank grows", [3, 1], (x) =>
      tf.getBackend() === "onnx"
        ? tf.engine().runKernel<tf.Tensor>("BroadcastTo", { x }, { shape: [2, 3, 4] })
        : tf.broadcastTo(x, [2, 3, 4]),
    ),
  ),
  Reverse: entry(
    one("one axis", [2, 3, 4], (x) => tf.reverse(x, 1)),
    one("two axes", [2, 3, 1], (x) => tf.reverse(x, [0, -2])),
    opCase("int32", [ints([5])], (x) => tf.reverse(x as tf.Tensor)),
  ),
  ZerosLike: entry(
    one("float", [2, 3], (x) => tf.add(tf.zerosLike(x), x)),
    opCase("int32", [ints([2])], (x) => tf.add(tf.zerosLike(x as tf.Tensor), x as tf.Tensor)),
  ),
  OnesLike: entry(
    one("float", [2, 3], (x) => tf.add(tf.onesLike(x), x)),
    opCase("int32", [ints([2])], (x) => tf.add(tf.onesLike(x as tf.Tensor), x as tf.Tensor)),
  ),
  Fill: entry(
    one("float", [3, 1], (x) => tf.mul(tf.fill([2, 3, 4], 1.5), x)),
    one("alone", [1], () => tf.fill([2, 2], 7, "int32")),
  ),
  Range: entry(
    one("up", [4], (x) => tf.add(x, tf.range(0, 8, 2))),
    one("down", [1], () => tf.range(5, 0, -2)),
  ),
  LinSpace: entry(one("five", [5], (x) => tf.add(x, tf.linspace(-1, 1, 5)))),
};

const joins: OpTable = {
  Concat: entry(
    opCase("axis 1", [floats([2, 3]), floats([2, 1]), floats([2, 4])], (...parts) => tf.concat(parts, 1)),
    opCase("one is empty", [floats([2, 3]), floats([0, 3])], (...parts) => tf.concat(parts, 0)),
    opCase("int32", [ints([2]), ints([3])], (...parts) => tf.concat(parts, 0)),
  ),
  Pack: entry(
    opCase("last axis", [floats([2, 3]), floats([2, 3])], (...parts) => tf.stack(parts, -1)),
    opCase("scalars", [floats([]), floats([])], (...parts) => tf.stack(parts)),
  ),
  Unpack: entry(
    one("first axis", [3, 2], (x) => tf.unstack(x)),
    one("last axis", [2, 1, 3], (x) => tf.unstack(x, -1)),
    one("eleven parts", [11, 2], (x) => tf.unstack(x)),
  ),
  SplitV: entry(
    one("equal", [2, 6], (x) => tf.split(x, 3, 1)),
    one("sizes", [7, 2], (x) => tf.split(x, [1, 4, 2])),
    one("twenty parts", [40, 3], (x) => tf.split(x, 20)),
  ),
  Slice: entry(
    one("inside", [4, 5], (x) => tf.slice(x, [1, 2], [2, 3])),
    one("to the end", [4, 5], (x) => tf.slice(x, [1], [-1])),
    one("nothing", [4, 5], (x) => tf.slice(x, [1, 0], [0, 5])),
    opCase("bool", [bools([5])], (x) => tf.slice(x as tf.Tensor, 1, 3)),
  ),
  StridedSlice: entry(
    one("every second", [5, 6], (x) => tf.stridedSlice(x, [0, 1], [5, 6], [2, 2])),
    one("backwards", [5], (x) => tf.stridedSlice(x, [4], [0], [-2])),
    one("masks", [3, 4, 2], (x) => tf.stridedSlice(x, [1, 0], [2, 3], [1, 1], 2, 0, 0, 0, 1)),
  ),
  PadV2: entry(
    one("uneven", [2, 3], (x) =>
      tf.pad(x, [
        [1, 0],
        [0, 2],
      ]),
    ),
    one("value", [2, 3], (x) =>
      tf.pad(
        x,
        [
          [1, 1],
          [1, 1],
        ],
        0.5,
      ),
    ),
    opCase("int32", [ints([3])], (x) => tf.pad(x as tf.Tensor, [[1, 2]], 7)),
  ),
  MirrorPad: entry(
    one("reflect", [3, 4], (x) =>
      tf.mirrorPad(
        x,
        [
          [1, 2],
          [0, 3],
        ],
        "reflect",
      ),
    ),
    one("symmetric", [3, 4], (x) =>
      tf.mirrorPad(
        x,
        [
          [1, 2],
          [0, 3],
        ],
        "symmetric",
      ),
    ),
  ),
};

const gathers: OpTable = {
  GatherV2: entry(
    opCase("rows", [floats([5, 3]), intValues([4, 0, 0, 2])], (x, i) => tf.gather(x as tf.Tensor, i as tf.Tensor1D)),
    opCase("columns", [floats([2, 5, 3]), intValues([1, 4, 1, 0], [2, 2])], (x, i) =>
      tf.gather(x as tf.Tensor, i as tf.Tensor1D, 1),
    ),
    opCase("batched", [floats([2, 4, 3]), intValues([3, 0, 1, 1], [2, 2])], (x, i) =>
      tf.gather(x as tf.Tensor, i as tf.Tensor1D, 1, 1),
    ),
  ),
  GatherNd: entry(
    opCase("elements", [floats([3, 4]), intValues([0, 1, 2, 3, 1, 1], [3, 2])], (x, i) =>
      tf.gatherND(x as tf.Tensor, i as tf.Tensor),
    ),
    opCase("rows", [floats([3, 4]), intValues([2, 0], [2, 1])], (x, i) => tf.gatherND(x as tf.Tensor, i as tf.Tensor)),
  ),
  ScatterNd: entry(
    opCase("places", [intValues([4, 1], [2, 1]), floats([2, 3])], (i, x) =>
      tf.scatterND(i as tf.Tensor, x as tf.Tensor, [6, 3]),
    ),
    opCase("sums", [intValues([1, 1, 0], [3, 1]), floats([3])], (i, x) =>
      tf.scatterND(i as tf.Tensor, x as tf.Tensor, [4]),
    ),
  ),
  UnsortedSegmentSum: entry(
    opCase("rows", [floats([5, 2]), intValues([0, 2, 0, 1, 2])], (x, i) =>
      tf.unsortedSegmentSum(x as tf.Tensor, i as tf.Tensor1D, 4),
    ),
  ),
  OneHot: entry(
    opCase("classes", [intValues([0, 3, 1])], (i) => tf.oneHot(i as tf.Tensor, 4)),
    opCase("values, outside", [intValues([2, -1, 5], [3])], (i) => tf.oneHot(i as tf.Tensor, 4, 2, -1)),
  ),
};

/** Cases of all data-moving kernels. */
export const shapeCases: OpTable = { ...ranks, ...joins, ...gathers };

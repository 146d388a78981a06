// Residual networks with timm's parameter names and shapes, and small-image variants. Not ResNet-D and later stems.
import { expectShape } from "@lejepa/contracts";
import { maxPool2d } from "@lejepa/engine";
import * as tf from "@tensorflow/tfjs";
import { batchNormParams, convNorm } from "./_batch-norm.ts";
import { checkOptions, integer, integers, oneOf, type Rule, withDefaults } from "./_options.ts";
import { ones, parameter, torchUniform, zeros } from "./_params.ts";
import type { Encoder, Features, ForwardContext, InitSpec, Params, ParamSpec } from "./contract.ts";

type Kind = "basic" | "bottleneck";

const layouts = {
  resnet10: { kind: "basic", blocks: [1, 1, 1, 1] },
  resnet18: { kind: "basic", blocks: [2, 2, 2, 2] },
  resnet34: { kind: "basic", blocks: [3, 4, 6, 3] },
  resnet50: { kind: "bottleneck", blocks: [3, 4, 6, 3] },
} as const satisfies Record<string, { kind: Kind; blocks: readonly number[] }>;

/** Names of the built-in depths. */
export type ResNetName = keyof typeof layouts;

/** All {@link ResNetName}s. */
export const resnetNames: readonly ResNetName[] = Object.freeze(Object.keys(layouts) as ResNetName[]);

/** Options of a ResNet. */
export interface ResNetOptions {
  /** Input channels. Default 3. */
  readonly channels?: number | undefined;
  /** Channels of the first stage; stages have w, 2w, 4w, 8w (times 4 in bottlenecks). Default 64. */
  readonly width?: number | undefined;
  /** `imagenet`: 7x7 stride 2 and max pool; `small`: 3x3, no pooling. Default `imagenet`. */
  readonly stem?: "imagenet" | "small" | undefined;
  /** Stride of the small stem. Default 1. */
  readonly stemStride?: 1 | 2 | undefined;
  /** Stride of each of the four stages. Default [1, 2, 2, 2]. */
  readonly strides?: readonly number[] | undefined;
  /**
   * `timm`: Kaiming normal (fan out) and each block's last norm weight 0; `torch`: PyTorch's layer defaults (Kaiming
   * uniform with a = sqrt 5, norm weights 1). Default `timm`.
   */
  readonly init?: "timm" | "torch" | undefined;
}

type Settings = { readonly [K in keyof ResNetOptions]-?: Exclude<ResNetOptions[K], undefined> };

const rules: Readonly<Record<keyof ResNetOptions, Rule>> = {
  channels: integer(1),
  width: integer(1),
  stem: oneOf("imagenet", "small"),
  stemStride: oneOf(1, 2),
  strides: integers(1, 4),
  init: oneOf("timm", "torch"),
};

/** One convolution and its norm. */
interface Unit {
  readonly conv: string;
  readonly norm: string;
  readonly shape: readonly [out: number, fanIn: number, kernel: number];
  readonly stride: number;
}

interface Block {
  /** Convolutions of the residual branch, in order. */
  readonly units: readonly Unit[];
  readonly shortcut: Unit | undefined;
}

/**
 * A residual network (He et al. 2016; stride in the 3x3 convolution of bottlenecks).
 *
 * `embedding` is the average-pooled output of the last stage, `probe` the average-pooled outputs of the last two stages.
 *
 * @throws LejepaError E_CONFIG for unknown or wrong options
 */
export function createResNet(name: ResNetName, options: ResNetOptions = {}): Encoder {
  checkOptions(name, options, rules);
  const defaults: Settings = {
    channels: 3,
    width: 64,
    stem: "imagenet",
    stemStride: 1,
    strides: [1, 2, 2, 2],
    init: "timm",
  };
  const settings = withDefaults<Settings>(defaults, options);
  const { kind, blocks } = layouts[name];
  const stem = stemUnit(settings);
  const stages = stageBlocks(kind, blocks, settings);
  const featureDim = settings.width * 8 * expansion(kind);
  return {
    name,
    params: [...unitParams(stem, settings.init), ...stages.flat().flatMap((item) => blockParams(item, settings.init))],
    channels: settings.channels,
    featureDim,
    probeDim: featureDim * 1.5,
    noiseCount: 0,
    forward: (params, x, context) => {
      expectShape(name, "x", x, [null, settings.channels, null, null]);
      return forward({ stem, stages, pool: settings.stem === "imagenet" }, x, { params, context });
    },
  };
}

const expansion = (kind: Kind): number => (kind === "bottleneck" ? 4 : 1);

function stemUnit({ channels, width, stem, stemStride }: Settings): Unit {
  const [kernel, stride] = stem === "imagenet" ? ([7, 2] as const) : ([3, stemStride] as const);
  return { conv: "conv1", norm: "bn1", shape: [width, channels, kernel], stride };
}

function stageBlocks(kind: Kind, counts: readonly number[], { width, strides }: Settings): Block[][] {
  let from = width;
  return counts.map((count, stage) =>
    Array.from({ length: count }, (_, i) => {
      const planes = width * 2 ** stage;
      const stride = i === 0 ? (strides[stage] as number) : 1;
      const made = createBlock(kind, `layer${stage + 1}.${i}`, { from, planes, stride });
      from = planes * expansion(kind);
      return made;
    }),
  );
}

interface BlockShape {
  readonly from: number;
  readonly planes: number;
  readonly stride: number;
}

function createBlock(kind: Kind, name: string, { from, planes, stride }: BlockShape): Block {
  const unit = (i: number, shape: Unit["shape"], step: number): Unit => ({
    conv: `${name}.conv${i}`,
    norm: `${name}.bn${i}`,
    shape,
    stride: step,
  });
  const out = planes * expansion(kind);
  const units =
    kind === "basic"
      ? [unit(1, [planes, from, 3], stride), unit(2, [planes, planes, 3], 1)]
      : [unit(1, [planes, from, 1], 1), unit(2, [planes, planes, 3], stride), unit(3, [out, planes, 1], 1)];
  const projects = stride !== 1 || from !== out;
  const shortcut: Unit = { conv: `${name}.downsample.0`, norm: `${name}.downsample.1`, shape: [out, from, 1], stride };
  return { units, shortcut: projects ? shortcut : undefined };
}

function blockParams({ units, shortcut }: Block, init: Settings["init"]): ParamSpec[] {
  const last = units.length - 1;
  // a zero weight in the branch's last norm makes every block the identity at the start
  const gain = (i: number): InitSpec => (i === last && init === "timm" ? zeros : ones);
  return [
    ...units.flatMap((unit, i) => unitParams(unit, init, gain(i))),
    ...(shortcut === undefined ? [] : unitParams(shortcut, init)),
  ];
}

function unitParams({ conv, norm, shape: [out, fanIn, k] }: Unit, init: Settings["init"], gain = ones): ParamSpec[] {
  const kaiming: InitSpec = { type: "normal", std: Math.sqrt(2 / (out * k * k)) };
  const weight = init === "timm" ? kaiming : torchUniform(fanIn * k * k);
  return [parameter(`${conv}.weight`, [out, fanIn, k, k], weight, true), ...batchNormParams(norm, out, gain)];
}

interface Network {
  readonly stem: Unit;
  readonly stages: readonly (readonly Block[])[];
  readonly pool: boolean;
}

interface Pass {
  readonly params: Params;
  readonly context: ForwardContext;
}

function forward({ stem, stages, pool }: Network, x: tf.Tensor, pass: Pass): Features {
  let maps = tf.relu(apply(stem, x, pass));
  if (pool) maps = maxPool2d(maps, { kernel: 3, stride: 2, padding: 1 });
  const pooled = stages.map((blocks) => {
    for (const item of blocks) maps = residual(item, maps, pass);
    return tf.mean(maps, [2, 3]);
  });
  const embedding = pooled.at(-1) as tf.Tensor2D;
  return { embedding, probe: tf.concat(pooled.slice(-2), 1) as tf.Tensor2D };
}

function residual({ units, shortcut }: Block, x: tf.Tensor, pass: Pass): tf.Tensor {
  const branch = units.reduce((y, unit, i) => apply(unit, i === 0 ? y : tf.relu(y), pass), x);
  return tf.relu(tf.add(branch, shortcut === undefined ? x : apply(shortcut, x, pass)));
}

function apply({ conv, norm, shape: [, , kernel], stride }: Unit, x: tf.Tensor, { params, context }: Pass): tf.Tensor {
  return convNorm(x, { params, context, dense: conv, norm }, { stride, padding: (kernel - 1) / 2 });
}

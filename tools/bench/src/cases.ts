// What is measured: the same models and recipe in this project and in eager PyTorch (python/step.py reads these as JSON).

/** A group of equal views. The first group is the global one. */
export interface ViewGroup {
  readonly count: number;
  readonly size: number;
}

interface CaseBase {
  readonly name: string;
  readonly views: readonly ViewGroup[];
  readonly batch: number;
  readonly hidden: readonly number[];
  readonly outDim: number;
  readonly slices: number;
  readonly lambda: number;
}

/** A training step of a ViT. */
export interface VitCase extends CaseBase {
  readonly kind: "vit";
  readonly dim: number;
  readonly depth: number;
  readonly heads: number;
  readonly patch: number;
  readonly size: number;
}

/** A training step of a ResNet. */
export interface ResNetCase extends CaseBase {
  readonly kind: "resnet";
  /** Blocks of three convolutions, four times as wide at the end (ResNet-50); else of two. */
  readonly bottleneck?: boolean;
  readonly width: number;
  readonly blocks: readonly number[];
  readonly strides: readonly number[];
  readonly smallStem: boolean;
}

export type StepCase = VitCase | ResNetCase;

const vit = (name: string, dim: number, depth: number, heads: number): VitCase => ({
  name,
  kind: "vit",
  dim,
  depth,
  heads,
  patch: 8,
  size: 64,
  views: [{ count: 4, size: 64 }],
  batch: 32,
  hidden: [2048, 2048],
  outDim: 64,
  slices: 256,
  lambda: 0.02,
});

const resnet = (name: string, more: Pick<ResNetCase, "blocks" | "views" | "slices" | "bottleneck">): ResNetCase => ({
  name,
  kind: "resnet",
  width: 64,
  strides: [1, 2, 2, 2],
  smallStem: false,
  batch: 32,
  hidden: [2048, 2048],
  outDim: 64,
  lambda: 0.02,
  ...more,
});

/** The training steps of the README's table; batch 32 x 4 views but for the recipe of the learning-parity run. */
export const stepCases: readonly StepCase[] = [
  vit("vit-nano/8@64", 128, 6, 4),
  vit("vit-tiny/8@64", 192, 12, 3),
  vit("vit-small/8@64", 384, 12, 6),
  {
    name: "resnet10@32",
    kind: "resnet",
    width: 32,
    blocks: [1, 1, 1, 1],
    strides: [1, 2, 2, 1],
    smallStem: true,
    views: [
      { count: 2, size: 32 },
      { count: 4, size: 16 },
    ],
    batch: 256,
    hidden: [512, 512],
    outDim: 32,
    slices: 256,
    lambda: 0.05,
  },
  resnet("resnet18@64", { blocks: [2, 2, 2, 2], views: [{ count: 4, size: 64 }], slices: 256 }),
];

/** SIGReg of one view. */
export interface SigregCase {
  readonly name: string;
  readonly samples: number;
  readonly dim: number;
  readonly slices: number;
  readonly knots: number;
}

const sigregCase = (samples: number, dim: number, slices: number): SigregCase => ({
  name: `sigreg ${samples}x${dim}x${slices}`,
  samples,
  dim,
  slices,
  knots: 17,
});

/** The reference size, and each of its extents doubled twice. */
export const sigregCases: readonly SigregCase[] = [
  sigregCase(1024, 128, 1024),
  sigregCase(2048, 128, 1024),
  sigregCase(4096, 128, 1024),
  sigregCase(1024, 256, 1024),
  sigregCase(1024, 512, 1024),
  sigregCase(1024, 128, 2048),
  sigregCase(1024, 128, 4096),
];

/** First decode of a folder of JPEG files into images of one size. */
export interface DataCase {
  readonly name: string;
  readonly files: number;
  /** Height and width of the files and of what comes out, pixels. */
  readonly from: number;
  readonly to: number;
}

/** Photographs and thumbnails. */
export const dataCases: readonly DataCase[] = [
  { name: "decode 512 px photos", files: 400, from: 512, to: 64 },
  { name: "decode 32 px thumbnails", files: 2000, from: 32, to: 32 },
];

/** SIGReg at the sizes of the paper's table: samples and slices. */
export const gpuSigregCases: readonly SigregCase[] = [
  sigregCase(512, 64, 512),
  sigregCase(8192, 64, 8192),
  sigregCase(32768, 64, 512),
];

const large = (name: string, dim: number, heads: number, batch: number): VitCase => ({
  ...vit(name, dim, 12, heads),
  patch: 16,
  size: 224,
  views: [{ count: 2, size: 224 }],
  batch,
  slices: 1024,
});

/** Training steps worth a GPU. */
export const gpuStepCases: readonly StepCase[] = [
  large("vit-small/16@224", 384, 6, 64),
  vit("vit-tiny/8@64", 192, 12, 3),
  ...stepCases.filter(({ name }) => name === "resnet18@64"),
  resnet("resnet50@224", {
    bottleneck: true,
    blocks: [3, 4, 6, 3],
    views: [{ count: 2, size: 224 }],
    slices: 1024,
  }),
  large("vit-base/16@224", 768, 12, 32),
];

/** A second or two of each, to see that everything runs. */
export const quickSigregCases: readonly SigregCase[] = [sigregCase(128, 16, 64)];
export const quickStepCases: readonly StepCase[] = [
  {
    ...vit("vit 1 block", 32, 1, 2),
    views: [{ count: 2, size: 16 }],
    size: 16,
    batch: 4,
    hidden: [16],
    outDim: 8,
    slices: 8,
  },
];

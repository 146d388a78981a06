// Numbers on a model that need no labels: ranks of its features, how well views of an image agree, SIGReg on images that were
// not trained on. Formulas are @lejepa/core's.
import {
  alphaReQ,
  effectiveRank,
  expectedSigreg,
  type FeatureTable,
  lidar,
  rankMe,
  sigreg,
  sigregDirections,
  type SigregOptions,
} from "@lejepa/core";
import type { Engine } from "@lejepa/engine";
import type { Matrix } from "../matrix.ts";
import { readOutput } from "./_read-output.ts";
import type { ViewEmbeddings } from "./view-embeddings.ts";

/** Label-free measures of one model. */
export interface LabelFreeMeasures {
  /** Images and views of each that were measured. */
  readonly images: number;
  readonly views: number;
  /** Of the encoder's features of whole images. */
  readonly rankMe: number;
  readonly effectiveRank: number;
  readonly alphaReQ: number;
  /** Of the encoder's features of views, the views of one image as a class. */
  readonly lidar: number;
  /**
   * SIGReg of the projections, each view by itself, over as many images as training had in a batch (fewer where there are not as
   * many), averaged; that number of images; and its mean under N(0, I). It grows with their number unless that is their law.
   */
  readonly sigreg: number;
  readonly sigregSamples: number;
  readonly sigregExpected: number;
  /** Share of the projections' variance that lies between views of one image. */
  readonly withinShare: number;
}

/** What is measured. */
export interface MeasureOptions {
  readonly embeddings: ViewEmbeddings;
  /** Features of the same images, whole. */
  readonly whole: Matrix;
  /** How the run computes SIGReg. */
  readonly objective: Pick<SigregOptions, "quadrature" | "knots" | "tMax"> & { readonly slices: number };
  /** Samples of the run's batch. */
  readonly batch: number;
  readonly seed: number;
}

/**
 * Measures a model. NaN features give NaN measures.
 *
 * @throws LejepaError E_SHAPE when the parts do not fit
 */
export async function measureLabelFree(engine: Engine, options: MeasureOptions): Promise<LabelFreeMeasures> {
  const { embeddings, whole, objective } = options;
  const { views, rows, features, projections } = embeddings;
  const counts = {
    images: rows.length,
    views,
    sigregSamples: Math.min(options.batch, rows.length),
    sigregExpected: expectedSigreg(objective),
  };
  if (![whole, features, projections].every(isFinite)) {
    const none = Number.NaN;
    return {
      ...counts,
      rankMe: none,
      effectiveRank: none,
      alphaReQ: none,
      lidar: none,
      sigreg: none,
      withinShare: none,
    };
  }
  const table = tableOf(whole);
  return {
    ...counts,
    rankMe: rankMe(table),
    effectiveRank: effectiveRank(table),
    alphaReQ: alphaReQ(table),
    lidar: views > 1 ? lidar(bySample(features, views), { views }) : Number.NaN,
    sigreg: await heldOutSigreg(engine, options),
    withinShare: withinShare(projections, views),
  };
}

/** Whether all of a matrix's numbers are finite. */
export const isFinite = ({ data }: Matrix): boolean => data.every(Number.isFinite);

/** The same numbers under core's names. */
export const tableOf = ({ data, rows, columns }: Matrix): FeatureTable => ({ data, samples: rows, dim: columns });

/** Rows sample by sample instead of view by view. */
function bySample({ data, rows, columns }: Matrix, views: number): FeatureTable {
  const samples = rows / views;
  const out = new Float32Array(data.length);
  for (let v = 0; v < views; v++) {
    for (let i = 0; i < samples; i++) {
      const from = (v * samples + i) * columns;
      out.set(data.subarray(from, from + columns), (i * views + v) * columns);
    }
  }
  return { data: out, samples: rows, dim: columns };
}

async function heldOutSigreg(engine: Engine, { embeddings, objective, batch, seed }: MeasureOptions): Promise<number> {
  const { views, rows, projections } = embeddings;
  const { slices, ...options } = objective;
  const dim = projections.columns;
  const samples = Math.min(batch, rows.length);
  const program = await engine.compile(({ z, directions }) => ({ value: sigreg(z, directions, options) }), {
    z: { shape: [views, samples, dim] },
    directions: { shape: [dim, slices] },
  });
  try {
    const groups = Math.floor(rows.length / samples);
    let sum = 0;
    for (let group = 0; group < groups; group++) {
      const z = new Float32Array(views * samples * dim);
      for (let v = 0; v < views; v++) {
        const from = (v * rows.length + group * samples) * dim;
        z.set(projections.data.subarray(from, from + samples * dim), v * samples * dim);
      }
      const directions = sigregDirections(dim, slices, seed, group);
      const [value] = await readOutput(await program.run({ z, directions }), "value");
      sum += value as number;
    }
    return sum / groups;
  } finally {
    await program.dispose();
  }
}

/**
 * `mean |z_vn - mean_v z_vn|^2 / mean |z_vn - mean z|^2` of rows ordered by view: 0 when all views of an image agree,
 * (views - 1) / views when they are independent, 1 at most.
 */
export function withinShare({ data, rows, columns }: Matrix, views: number): number {
  const samples = rows / views;
  let [within, total] = [0, 0];
  for (let d = 0; d < columns; d++) {
    let sum = 0;
    for (let r = 0; r < rows; r++) sum += data[r * columns + d] as number;
    for (let i = 0; i < samples; i++) {
      let mean = 0;
      for (let v = 0; v < views; v++) mean += (data[(v * samples + i) * columns + d] as number) / views;
      for (let v = 0; v < views; v++) {
        const value = data[(v * samples + i) * columns + d] as number;
        within += (value - mean) ** 2;
        total += (value - sum / rows) ** 2;
      }
    }
  }
  return total === 0 ? 0 : within / total;
}

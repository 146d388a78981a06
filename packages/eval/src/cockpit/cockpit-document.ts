// The cockpit's result as data: a schema, so that other programs may rely on it. Numbers that are not finite are null.
import { alarmRules } from "@lejepa/core";
import { z } from "zod";

const finite = z.number();
const measured = z.number().nullable();
const count = z.int().min(0);

/** One image at the end of a slice. */
const endSchema = z.strictObject({ row: count, id: z.string(), value: finite });

const sliceSchema = z.strictObject({
  /** A random direction, or one dimension of the projections. */
  kind: z.enum(["random", "axis"]),
  index: count,
  mean: finite,
  std: finite,
  /** Statistic over its critical value at 5 %, by test where that is positive: above 1, the test rejects. */
  ratios: z.record(z.string(), measured),
  /** Images at the two ends, the farthest first. */
  low: z.array(endSchema),
  high: z.array(endSchema),
  /** Expected order statistics of N(0, 1) and the sorted samples. */
  qq: z.array(z.tuple([finite, finite])),
});

const testSchema = z.strictObject({
  name: z.string(),
  kind: z.enum(["univariate", "multivariate"]),
  /** Largest statistic that is still normal, at 5 % and 1 %; null where the tables do not reach. */
  critical: z.strictObject({ five: measured, one: measured }),
  /** Of random slices, at 5 %; about 0.05 for N(0, I). Multivariate: 0 or 1. Null without a critical value. */
  rejected: measured,
  median: measured,
  largest: measured,
  /** Quantiles 0, 1/40 .. 1 of the statistic over random slices; empty for multivariate tests. */
  quantiles: z.array(measured),
});

const alarmSchema = z.strictObject({
  where: z.enum(["projections", "features"]),
  rule: z.enum(alarmRules),
  value: measured,
  finding: z.string(),
  causes: z.array(z.string()),
  images: z.array(z.strictObject({ row: count, id: z.string() })),
});

const historySchema = z.strictObject({ step: count, loss: finite, invariance: finite, sigreg: finite });

/** The schema of the document. */
export const cockpitSchema = z.strictObject({
  format: z.literal(1),
  run: z.string(),
  step: count,
  /** In one sentence: is it Gaussian, and is anything wrong. */
  verdict: z.string(),
  sample: z.strictObject({
    images: count,
    /** False: there were no others, so these are training images. */
    heldOut: z.boolean(),
    /** What of each image the tests see: its first view drawn as in training, or all of it, unaugmented. */
    form: z.enum(["view", "whole"]),
    dim: count,
    slices: count,
  }),
  settings: z.strictObject({
    encoder: z.string(),
    lambda: finite,
    batch: count,
    views: count,
    slices: count,
  }),
  measures: z.strictObject({
    images: count,
    views: count,
    rankMe: measured,
    effectiveRank: measured,
    alphaReQ: measured,
    lidar: measured,
    sigreg: measured,
    /** Images of each statistic. */
    sigregSamples: count,
    sigregExpected: finite,
    withinShare: measured,
  }),
  alarms: z.array(alarmSchema),
  tests: z.array(testSchema),
  /** Farthest from normal first, by Epps-Pulley. */
  worst: z.array(sliceSchema),
  /** Eigenvalues of the covariance, descending. */
  spectrum: z.strictObject({ projections: z.array(finite), features: z.array(finite) }),
  /** Training, averaged over neighbouring steps. */
  history: z.array(historySchema),
});

/** What the cockpit found. */
export type Cockpit = z.infer<typeof cockpitSchema>;
/** One of its worst slices. */
export type CockpitSlice = z.infer<typeof sliceSchema>;
/** One of its tests. */
export type CockpitTest = z.infer<typeof testSchema>;
/** A step of the training's history, averaged with its neighbours. */
export type HistoryPoint = z.infer<typeof historySchema>;

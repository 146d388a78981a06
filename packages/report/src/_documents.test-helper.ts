// A cockpit and a leaderboard with everything in them, names made to break a careless page.
import type { Cockpit, Leaderboard } from "@lejepa/eval";

/** What must never be read as markup. */
export const nasty = `a<script>alert("1")</script>&'b`;

const end = (row: number, value: number) => ({ row, id: row === 1 ? nasty : `image ${row}`, value });

/** A cockpit with one alarm of each table, two tests and one slice. */
export const cockpit: Cockpit = {
  format: 1,
  run: nasty,
  step: 12,
  verdict: "The embeddings use about 2.0 of 8 dimensions.",
  sample: { images: 64, heldOut: true, form: "view", dim: 8, slices: 100 },
  settings: { encoder: "resnet10", lambda: 0.05, batch: 32, views: 4, slices: 256 },
  measures: {
    images: 64,
    views: 4,
    rankMe: 3.2,
    effectiveRank: 2.5,
    alphaReQ: null,
    lidar: 4,
    sigreg: 12.5,
    sigregSamples: 32,
    sigregExpected: 1.05,
    withinShare: 0.25,
  },
  alarms: [
    {
      where: "projections",
      rule: "duplicates",
      value: 0.5,
      finding: "32 of 64 images have the embedding of another.",
      causes: ["the data hold copies"],
      images: [
        { row: 1, id: nasty },
        { row: 7, id: "image 7" },
      ],
    },
  ],
  tests: [
    {
      name: "epps-pulley",
      kind: "univariate",
      critical: { five: 2.95, one: 4.6 },
      rejected: 0.9,
      median: 20,
      largest: 60,
      quantiles: Array.from({ length: 41 }, (_, i) => 1 + i),
    },
    {
      name: "henze-visagie",
      kind: "multivariate",
      critical: { five: null, one: null },
      rejected: null,
      median: null,
      largest: null,
      quantiles: [],
    },
  ],
  worst: [
    {
      kind: "axis",
      index: 3,
      mean: 0.1,
      std: 2,
      ratios: { "epps-pulley": 20, watson: 0.5, "anderson-darling": null },
      low: [end(1, -3), end(2, -2)],
      high: [end(3, 4), end(4, 3)],
      qq: [
        [-2, -3],
        [0, 0.1],
        [2, 4],
      ],
    },
  ],
  spectrum: { projections: [4, 1, 0.1], features: [9, 3, 1, 1e-9] },
  history: [
    { step: 1, loss: 3, invariance: 0.5, sigreg: 20 },
    { step: 12, loss: 1, invariance: 0.2, sigreg: 2 },
  ],
};

const run = (name: string, score: number, linear: number): Leaderboard["entries"][number] => ({
  name,
  score,
  trainLoss: score / 3,
  lambda: 0.05,
  samples: 64,
  views: 4,
  slices: 256,
  status: "done",
  steps: { done: 10, total: 10, averaged: 5 },
  fingerprint: "f",
  measures: {
    ...(cockpit.measures as NonNullable<Leaderboard["entries"][number]["measures"]>),
    alphaReQ: Number.NaN,
  },
  accuracy: { linear, knn: linear },
});

/** Three runs with accuracies, one of them broken. */
export const board: Leaderboard = {
  entries: [
    run(nasty, 1.5, 0.7),
    run("b", 1.7, 0.6),
    run("c", 2, 0.5),
    { ...run("d", 3, 0.1), measures: undefined, accuracy: undefined, problem: "its features are not finite" },
  ],
  agreement: [
    { measure: "label-free score", rho: 1, n: 3, pValue: 1 / 3, method: "permutation", interval: null },
    { measure: "LiDAR", rho: 0.5, n: 3, pValue: 1, method: "permutation", interval: [-0.9, 0.99] },
  ],
  notes: [`Not finished: ${nasty}.`],
};

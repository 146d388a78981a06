// The Gaussianity cockpit of a checkpoint: embeddings in, one document out. Not the computing of embeddings
// (label-free/view-embeddings.ts) and not the page (@lejepa/report).
import { type DatasetItem, LejepaError } from "@lejepa/contracts";
import { type AlarmContext, collapseAlarms, covarianceSpectrum } from "@lejepa/core";
import type { Engine } from "@lejepa/engine";
import { isFinite, type LabelFreeMeasures, tableOf } from "../label-free/measures.ts";
import { type Matrix, matrix } from "../matrix.ts";
import type { Cockpit, CockpitTest, HistoryPoint } from "./cockpit-document.ts";
import { finiteOrNull, summariseTests, testSlices } from "./slice-tests.ts";
import { worstSlices } from "./worst-slices.ts";

/** What the cockpit looks at. */
export interface CockpitOptions {
  readonly run: string;
  readonly step: number;
  readonly settings: Cockpit["settings"];
  /** Rows of the store, and what is known of them. */
  readonly rows: Uint32Array;
  readonly items: readonly DatasetItem[];
  readonly heldOut: boolean;
  /** Projections and features of the images, one row each, in the order of `rows`. */
  readonly projections: Matrix;
  readonly features: Matrix;
  /** What a row of them was made of. */
  readonly form: "view" | "whole";
  readonly measures: LabelFreeMeasures;
  readonly history: readonly HistoryPoint[];
  /** What is known of the run. */
  readonly context: Omit<AlarmContext, "kind" | "withinShare">;
  /** Random directions. */
  readonly slices: number;
  readonly seed: number;
}

/** Fewest images: the critical values begin here. */
const fewest = 32;
const mostPoints = 200;

/**
 * Tests the projections of a checkpoint against N(0, I) and looks for collapse. Embeddings that are not finite are an alarm, not an
 * error: the rest of the document is then empty.
 *
 * @throws LejepaError E_DATA with fewer than 32 images
 */
export async function createCockpit(engine: Engine, options: CockpitOptions): Promise<Cockpit> {
  const { run, step, settings, rows, items, heldOut, form, projections, features, measures } = options;
  if (rows.length < fewest)
    throw new LejepaError({
      code: "E_DATA",
      where: "diagnose",
      expected: `${fewest} images or more`,
      got: String(rows.length),
      hint: "Give it more images (--data PATH), or hold more out (data.splits.validation).",
    });
  const alarms = alarmsOf(options);
  const usable = isFinite(projections) && isFinite(features);
  const found = usable
    ? await testSlices(engine, projections, { random: options.slices, seed: options.seed })
    : undefined;
  const tests = found === undefined ? [] : summariseTests(found);
  return {
    format: 1,
    run,
    step,
    verdict: verdictOf(tests, alarms, projections),
    sample: { images: rows.length, heldOut, form, dim: projections.columns, slices: options.slices },
    settings,
    measures: {
      ...measures,
      rankMe: finiteOrNull(measures.rankMe),
      effectiveRank: finiteOrNull(measures.effectiveRank),
      alphaReQ: finiteOrNull(measures.alphaReQ),
      lidar: finiteOrNull(measures.lidar),
      sigreg: finiteOrNull(measures.sigreg),
      withinShare: finiteOrNull(measures.withinShare),
    },
    alarms,
    tests,
    worst: found === undefined ? [] : worstSlices(found, { rows, items }),
    spectrum: {
      projections: usable ? covarianceSpectrum(tableOf(projections)) : [],
      features: usable ? covarianceSpectrum(tableOf(features)) : [],
    },
    history: averaged(options.history),
  };
}

function alarmsOf({ projections, features, measures, context, rows, items }: CockpitOptions): Cockpit["alarms"] {
  const tables = [
    ["projections", projections, { ...context, kind: "projection", withinShare: measures.withinShare }],
    ["features", features, { ...context, kind: "features" }],
  ] as const;
  return tables.flatMap(([where, table, known]) =>
    collapseAlarms(tableOf(table), known).map(({ rows: shown, value, causes, ...alarm }) => ({
      where,
      ...alarm,
      value: finiteOrNull(value),
      causes: [...causes],
      images: shown.slice(0, 12).map((i) => ({ row: rows[i] as number, id: items[rows[i] as number]?.id ?? "" })),
    })),
  );
}

function verdictOf(tests: readonly CockpitTest[], alarms: Cockpit["alarms"], { columns }: Matrix): string {
  const rejected = tests.find(({ name }) => name === "epps-pulley")?.rejected ?? null;
  const gaussian =
    rejected === null
      ? "The projections could not be tested."
      : `${(100 * rejected).toFixed(0)} % of random slices of the ${columns} dimensions reject N(0, 1) at the 5 % level (5 % would by chance).`;
  const [first] = alarms;
  if (first === undefined) return `No sign of collapse. ${gaussian}`;
  return `${first.finding} ${gaussian}`;
}

/** Bins of neighbouring steps, so that the document stays small however long the run was. */
function averaged(history: readonly HistoryPoint[]): HistoryPoint[] {
  const width = Math.ceil(history.length / mostPoints);
  const bins = Array.from({ length: Math.ceil(history.length / Math.max(1, width)) }, (_, b) =>
    history.slice(b * width, (b + 1) * width),
  );
  return bins.map((bin) => {
    const mean = (key: keyof HistoryPoint): number => bin.reduce((sum, point) => sum + point[key], 0) / bin.length;
    return {
      step: (bin.at(-1) as HistoryPoint).step,
      loss: mean("loss"),
      invariance: mean("invariance"),
      sigreg: mean("sigreg"),
    };
  });
}

/** The rows of one view out of embeddings that are ordered by view. */
export function rowsOfView(all: Matrix, view: number, views: number): Matrix {
  const rows = all.rows / views;
  return matrix(all.data.slice(view * rows * all.columns, (view + 1) * rows * all.columns), rows, all.columns);
}

// The figures of a comparison as a table for other programs, one line a figure. Not the runs: those are in the document.
import { stringify } from "csv-stringify/sync";
import type { Comparison } from "./comparison-schema.ts";

const columns = ["encoder", "baseline", "probe", "shots", "metric", "value", "low", "high", "runs", "p", "holm"];

/**
 * CSV (RFC 4180): a line for each encoder, probe, shots and metric (`baseline` empty), then one for each difference. Fractions,
 * not percent; empty where a figure is not defined.
 */
export function comparisonCsv({ results, differences }: Comparison): string {
  const scores = results.flatMap(({ encoder, probe, shots, runs, metrics }) =>
    Object.entries(metrics).map(([metric, estimate]) => ({
      encoder,
      probe,
      shots,
      metric,
      runs: runs.length,
      ...estimate,
    })),
  );
  return stringify([...scores, ...differences], { header: true, columns, record_delimiter: "\r\n" });
}

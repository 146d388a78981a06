// The cockpit as text for a terminal.
import type { Cockpit } from "@lejepa/eval";

/** Verdict, alarms, tests, worst slices. */
export function describeCockpit(cockpit: Cockpit): string {
  const { run, step, verdict, sample, measures, alarms, tests, worst } = cockpit;
  const show = (value: number | null, digits: number): string => (value === null ? "none" : value.toFixed(digits));
  const lines = [
    `${run}, step ${step}: ${sample.images} ${sample.heldOut ? "images that were not trained on" : "training images (none were held out)"}, ${sample.form === "view" ? "one view of each" : "whole"}`,
    verdict,
    `SIGReg ${show(measures.sigreg, 3)} (N(0, I): ${measures.sigregExpected.toFixed(3)}); ${show(measures.withinShare === null ? null : 100 * measures.withinShare, 0)} % of the variance between views of an image`,
    `features: RankMe ${show(measures.rankMe, 1)}, LiDAR ${show(measures.lidar, 1)}, alpha-ReQ ${show(measures.alphaReQ, 2)}`,
  ];
  for (const { where, rule, finding, causes } of alarms)
    lines.push("", `ALARM ${rule} (${where}): ${finding}`, ...causes.map((cause) => `  - ${cause}`));
  if (tests.length > 0) {
    lines.push("", "test                     median   limit 5 %  rejects");
    for (const { name, median, critical, rejected } of tests)
      lines.push(
        `${name.padEnd(22)} ${cell(median)} ${cell(critical.five)}  ${rejected === null ? "" : `${(100 * rejected).toFixed(0)} %`.padStart(7)}`.trimEnd(),
      );
  }
  if (worst.length > 0) lines.push("", "worst slices (images at their ends):");
  for (const { kind, index, low, high, ratios } of worst)
    lines.push(
      `${kind === "axis" ? "dimension" : "slice"} ${index}: ${show(ratios["epps-pulley"] ?? null, 1)} x the limit; ${low[0]?.id ?? ""} ... ${high[0]?.id ?? ""}`,
    );
  return lines.join("\n");
}

const cell = (value: number | null): string =>
  (value === null ? "" : String(Number(value.toPrecision(3)))).padStart(10);

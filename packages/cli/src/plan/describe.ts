// The plan as text for the terminal.
import { duration } from "../meter.ts";
import type { PlanDocument } from "./plan-document.ts";

const mostFacts = 12;
const mostLines = 5;

/** Lines for the terminal, the facts first, what to do last. */
export function describePlan(plan: PlanDocument): string {
  return [
    ...section("images", imageLines(plan)),
    ...section("facts", factLines(plan)),
    ...section("pixels", pixelLines(plan)),
    ...section("classes", [classLine(plan)]),
    ...section("groups", groupLines(plan)),
    ...section("copies", duplicateLines(plan)),
    ...section("split", [splitLine(plan)]),
    ...section("views", policyLines(plan)),
    ...section("train", trainLines(plan)),
    ...section("needs", needLines(plan)),
    // a problem is told once
    ...plan.warnings.filter((line) => line !== `${plan.problem}.`).map((line) => `WARNING   ${line}`),
    ...(plan.problem === null ? [] : [`PROBLEM   ${plan.problem}`]),
    ...proposalLines(plan),
  ].join("\n");
}

function policyLines({ augmentation: { policy, title, operations, notes } }: PlanDocument): string[] {
  const names = operations.map(({ name }) => name).join(", ");
  return [`policy ${policy} (${title}): ${names}`, ...notes];
}

function section(name: string, lines: readonly string[]): string[] {
  return lines.map((line, i) => `${(i === 0 ? name : "").padEnd(9)} ${line}`);
}

function imageLines({ dataset, images, files, skipped, sample, failures, notes }: PlanDocument): string[] {
  const lines = [
    `${images} of ${dataset.title}, in ${files.count} ${files.count === 1 ? "file" : "files"} of ${byteSize(files.bytes)}`,
  ];
  for (const { count, reason, examples } of skipped)
    lines.push(`left out: ${count} ${reason}${examples.length > 0 ? ` (${examples.join(", ")})` : ""}`);
  if (sample.images < images) lines.push(`looked at the pixels of ${sample.images} (--sample N or all for more)`);
  for (const { id, reason } of failures.slice(0, mostLines)) lines.push(`unreadable: ${id} (${reason})`);
  if (failures.length > mostLines) lines.push(`unreadable: ${failures.length - mostLines} more`);
  for (const [note, count] of Object.entries(notes)) lines.push(`${count} of ${sample.decoded}: ${note}`);
  return lines;
}

function factLines({ facts, factsOf, images }: PlanDocument): string[] {
  const lines = facts.slice(0, mostFacts).map(({ name, values, distinct, range, items }) => {
    const some = items < factsOf ? ` (of ${items})` : "";
    if (range !== undefined && distinct > 4)
      return `${name} ${range.min} to ${range.max}, median ${range.median}${some}`;
    const shown = values
      .slice(0, 4)
      .map(({ value, count }) => (distinct === 1 ? String(value) : `${String(value)} ${count}`));
    return `${name} ${shown.join(", ")}${distinct > 4 ? `, ${distinct - 4} more` : ""}${some}`;
  });
  if (facts.length > mostFacts) lines.push(`${facts.length - mostFacts} more with --json or --html`);
  return factsOf < images && lines.length > 0 ? [...lines, `(of ${factsOf} images)`] : lines;
}

function pixelLines({ stored, channels, channelNames, pixels }: PlanDocument): string[] {
  const { size, dtype } = stored;
  return [
    `stored as ${size} x ${size} x ${stored.channels} ${dtype}${pixels.gray ? ", gray in all channels" : ""}`,
    ...channels.map(
      ({ mean, std, min, max, percentiles: { p1, p50, p99 } }, i) =>
        `${channelNames?.[i] ?? `channel ${i}`}: mean ${short(mean)}, std ${short(std)}, 1 % ${short(p1)}, median ${short(p50)}, 99 % ${short(p99)}, ${short(min)} to ${short(max)}`,
    ),
    ...(pixels.invalidShare > 0 ? [`without data: ${(100 * pixels.invalidShare).toFixed(1)} %`] : []),
  ];
}

function classLine({ classes, unlabelled, images }: PlanDocument): string {
  const counts = Object.entries(classes);
  if (counts.length === 0) return "none: enough to train, not to compare";
  const shown = counts.slice(0, 8).map(([name, count]) => `${name} ${count}`);
  if (counts.length > 8) shown.push(`... ${counts.at(-1)?.join(" ")}`);
  return `${counts.length}: ${shown.join(", ")}${unlabelled > 0 ? `; ${unlabelled} of ${images} without` : ""}`;
}

function groupLines({ groups }: PlanDocument): string[] {
  if (groups === null) return [];
  const { groups: count, smallest, median, largest, ungrouped } = groups;
  return [
    `${count} of ${smallest} to ${largest} images, median ${median}${ungrouped > 0 ? `; ${ungrouped} images without` : ""}`,
  ];
}

function duplicateLines({ duplicates: { exact, surplus, near, moreNear, looked } }: PlanDocument): string[] {
  const lines = exact.slice(0, 3).map(({ ids, splits }) => `the same: ${list(ids)}${across(splits)}`);
  const alike = near.slice(0, 3).map(({ ids, splits }) => `alike: ${list(ids)}${across(splits)}`);
  const total = `${surplus} equal files; ${moreNear ? "at least " : ""}${near.length} pairs alike among ${looked} images compared`;
  return [total, ...lines, ...alike];
}

const list = (ids: readonly string[]): string =>
  `${ids.slice(0, 3).join(", ")}${ids.length > 3 ? `, ${ids.length - 3} more` : ""}`;
const across = (splits: readonly string[]): string => (splits.length > 1 ? ` [${splits.join(" and ")}]` : "");

function splitLine({ splits }: PlanDocument): string {
  if (splits === null) return "none: see below";
  return `${splits.train} to train on, ${splits.validation} validation, ${splits.test} test`;
}

function trainLines({
  config: { encoder, views, schedule, batchSize, objective, device },
  steps,
}: PlanDocument): string[] {
  const { name, patchSize } = encoder;
  const locals =
    views.locals > 0 ? ` and ${views.locals} of ${views.localSize} px (${views.localScale.join(" to ")})` : "";
  return [
    `${name}${name.startsWith("vit") ? `, patches of ${patchSize}` : ""}, on ${device}, lambda ${objective.lambda}`,
    `${views.globals} views of ${views.globalSize} px (${views.globalScale.join(" to ")} of the area)${locals}`,
    `${schedule.epochs} epochs in batches of ${batchSize}: ${steps} steps`,
  ];
}

function stepMemory({ stepMemoryMiB, freeMemoryMiB }: NonNullable<PlanDocument["timing"]>): string {
  if (stepMemoryMiB === 0) return "";
  const free = freeMemoryMiB === null ? "" : ` of ${byteSize(freeMemoryMiB * 2 ** 20)} that were free`;
  return `; a step by estimate ${byteSize(stepMemoryMiB * 2 ** 20)}${free}`;
}

function needLines({ timing, timed, decodeSeconds, cacheBytes, machine }: PlanDocument): string[] {
  const lines: string[] = [];
  if (timing !== null) {
    const of = timed === "proposal" ? " with the changes below" : "";
    lines.push(
      `about ${duration(timing.seconds)} of training here${of} (${timing.imagesPerSecond.toFixed(0)} images/s over ${timing.measuredSteps} steps)`,
      `${byteSize(timing.memoryMiB * 2 ** 20)} of ${byteSize(machine.memoryMiB * 2 ** 20)} memory${stepMemory(timing)}`,
    );
  }
  const decode = decodeSeconds === null ? "" : `; decoding takes about ${duration(decodeSeconds)} once`;
  lines.push(`${byteSize(cacheBytes)} on disk for decoded images${decode}`);
  return lines;
}

function proposalLines({ proposal, written }: PlanDocument): string[] {
  const lines = proposal.map(({ setting, reason }) => `consider  --set ${quoted(setting)}   (${reason})`);
  if (written === null)
    return proposal.length === 0 ? lines : [...lines, "          --write puts this into the configuration"];
  if ("problem" in written) return [...lines, `NOT WRITTEN: ${written.problem}`];
  return [
    ...lines,
    `written to ${written.file}${written.backup === undefined ? "" : `, as it was in ${written.backup}`}`,
  ];
}

const quoted = (setting: string): string => (/[\s[\]{}"]/.test(setting) ? `'${setting}'` : setting);

/** `0`, `0.12346`, `65535`, `1.2e+7`. */
export function short(value: number): string {
  return String(Number(value.toPrecision(5)));
}

/** `512 B`, `12 kB`, `3.4 MB`, in powers of 1000. */
export function byteSize(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 || value >= 99.5 ? Math.round(value) : Number(value.toPrecision(2))} ${units[power]}`;
}

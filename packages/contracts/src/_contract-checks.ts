/**
 * What can be said of a declaration, an index and a record without running anything. Private to `testing.ts`.
 */
import type { Dataset, DatasetIndex, DatasetItem, DecodeTarget, ImageRecord, PixelType, Skipped } from "./dataset.ts";
import { isDataset } from "./dataset.ts";

const arrays: Readonly<Record<PixelType, string>> = {
  uint8: "Uint8Array",
  uint16: "Uint16Array",
  int16: "Int16Array",
  float32: "Float32Array",
};

// a fact is a word or two of the format's own, not free text
const longestFact = 100;

/** Problems of what a plugin says about itself. */
export function checkDeclaration(plugin: Dataset): string[] {
  const problems: string[] = [];
  if (!isDataset(plugin)) problems.push("not made with defineDataset");
  if (!Object.isFrozen(plugin)) problems.push("not frozen");
  if (plugin.title === "" || plugin.license === "") problems.push("title or license is empty");
  if (plugin.domain.name === "" || plugin.domain.reason === "") problems.push("domain has no name or no reason");
  if (plugin.formats?.some(({ name, id, by }) => name === "" || id === "" || by === ""))
    problems.push("a format has no name, no id or no decoder");
  try {
    plugin.recognises?.(new Uint8Array(0), "empty");
  } catch {
    problems.push("recognises throws for an empty file");
  }
  return problems;
}

/** Problems of an index. */
export function checkIndex(index: DatasetIndex): string[] {
  const { items, skipped = [], warnings = [], channels, range } = index;
  const problems = checkItems(items);
  if (!isPlain(index)) problems.push("the index is not plain data");
  problems.push(...skipped.flatMap(checkSkipped));
  if (warnings.some((text) => text === "" || /[\r\n]/.test(text))) problems.push("a warning is not one line");
  if (channels !== undefined && (channels.length === 0 || channels.includes("") || repeats(channels)))
    problems.push("channels are not distinct names");
  if (range !== undefined && !(range.every(Number.isFinite) && range[0] < range[1]))
    problems.push("range is not black and a larger white");
  return problems;
}

function checkItems(items: readonly DatasetItem[]): string[] {
  const problems: string[] = [];
  if (items.length === 0) problems.push("no items");
  if (repeats(items.map(({ id }) => id))) problems.push("ids repeat");
  const groups = new Map<string, string>();
  for (const { id, label, group, place, split, facts } of items) {
    if (id === "") problems.push("an id is empty");
    if (label === "") problems.push(`the label of ${id} is empty`);
    if (group === "") problems.push(`the group of ${id} is empty`);
    if (place === "") problems.push(`the place of ${id} is empty`);
    problems.push(...checkFacts(facts ?? {}).map((problem) => `${id}: ${problem}`));
    if (group === undefined || split === undefined) continue;
    const other = groups.get(group);
    if (other !== undefined && other !== split) problems.push(`group of ${id} is in two splits`);
    groups.set(group, split);
  }
  return problems;
}

function checkFacts(facts: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(facts).flatMap(([name, value]) => {
    if (typeof value === "string")
      return value.length > longestFact ? [`the fact ${name} has ${value.length} characters`] : [];
    if (typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value))) return [];
    return [`the fact ${name} is no text, number or boolean`];
  });
}

function checkSkipped({ reason, count, examples }: Skipped): string[] {
  if (reason === "") return ["files are skipped without a reason"];
  const sound = Number.isInteger(count) && count >= examples.length;
  return sound ? [] : [`skipped ${JSON.stringify(reason)}: ${count} files, ${examples.length} examples`];
}

/** Problems of a decoded image. */
export function checkRecord(record: ImageRecord, { size, channels }: DecodeTarget): string[] {
  const problems: string[] = [];
  const { data, width, height, dtype, mask, spacing, note } = record;
  if (width !== size || height !== size || record.channels !== channels) {
    problems.push(`${width}x${height}x${record.channels} instead of ${size}x${size}x${channels}`);
  }
  if (data.length !== size * size * channels)
    problems.push(`${data.length} values instead of ${size * size * channels}`);
  const tag = (data as unknown as { [Symbol.toStringTag]: string })[Symbol.toStringTag];
  if (tag !== arrays[dtype]) problems.push(`a ${tag} for dtype ${dtype}`);
  if (data.some((value) => !Number.isFinite(value))) problems.push("pixels that are not finite");
  if (mask !== undefined && mask.length !== size * size) problems.push("a mask of another size");
  if (mask?.some((bit) => bit > 1)) problems.push("a mask with other values than 0 and 1");
  if (spacing !== undefined && !(spacing.length === 2 && spacing.every((step) => step > 0 && Number.isFinite(step))))
    problems.push("a spacing that is not two positive numbers");
  if (note !== undefined && (note === "" || /[\r\n]/.test(note))) problems.push("a note that is not one line");
  return problems;
}

/** Which of the texts appear in what was said, in any case. */
export function leaksOf(planted: readonly string[], said: readonly string[]): string[] {
  // as JSON too: a quoted text is written with escapes
  const all = said.map((text) => text.toLowerCase());
  return planted.filter((text) => {
    const forms = [text, JSON.stringify(text).slice(1, -1)].map((form) => form.toLowerCase());
    return all.some((line) => forms.some((form) => line.includes(form)));
  });
}

function repeats(names: readonly string[]): boolean {
  return new Set(names).size !== names.length;
}

// what survives the way to another process, and JSON
function isPlain(value: unknown): boolean {
  try {
    return sameJson(value, structuredClone(value));
  } catch {
    return false;
  }
}

/** Whether two values are the same as JSON. */
export function sameJson(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

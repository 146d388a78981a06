/**
 * The dataset contract as a check that any plugin can be put through, whatever the test runner. It looks at what a plugin
 * says and decodes a few items; it cannot know whether the pixels are the right ones.
 *
 * @module
 */
import type { z } from "zod";
import type { Dataset, DatasetContext, DatasetItem, ImageRecord, PixelType } from "./dataset.ts";
import { isDataset } from "./dataset.ts";
import { LejepaError } from "./errors.ts";

/** What `checkDataset` needs to run a plugin. */
export interface CheckDatasetOptions {
  /** A folder that the plugin may fill. */
  readonly cacheDir: string;
  /** Form to decode to (32 pixels, 3 channels). */
  readonly size?: number;
  readonly channels?: number;
  /** Items decoded, spread over the index (5). */
  readonly decode?: number;
}

/** A context for tests: silent, without network, pseudonyms that need no key (and hide nothing). */
export function testContext(cacheDir: string, more: Partial<DatasetContext> = {}): DatasetContext {
  return {
    cacheDir,
    log() {},
    hashGroup: (identity) =>
      [...identity]
        .reduce((h, c) => (h * 31n + BigInt(c.codePointAt(0) as number)) % (1n << 64n), 7n)
        .toString(16)
        .padStart(16, "0"),
    download: async ({ url }) => {
      throw new LejepaError({ code: "E_IO", where: url, problem: "Tests do not use the network." });
    },
    ...more,
  };
}

const arrays: Readonly<Record<PixelType, string>> = {
  uint8: "Uint8Array",
  uint16: "Uint16Array",
  int16: "Int16Array",
  float32: "Float32Array",
};

/**
 * Runs a plugin on real options and returns what it does against the contract, one sentence each; empty when all is well.
 * Errors that the plugin throws pass through.
 */
export async function checkDataset<Schema extends z.ZodType>(
  plugin: Dataset<Schema>,
  options: z.input<Schema>,
  { cacheDir, size = 32, channels = 3, decode = 5 }: CheckDatasetOptions,
): Promise<string[]> {
  const problems = checkDeclaration(plugin);
  const parsed = plugin.options.parse(options);
  if (!sameJson(parsed, plugin.options.parse(JSON.parse(JSON.stringify(parsed)))))
    problems.push("options change on a second parse");
  if (plugin.options.safeParse({ ...(options as object), noSuchOption: 1 }).success)
    problems.push("an unknown option is accepted");
  const context = testContext(cacheDir);
  const { items } = await plugin.index(parsed, context);
  problems.push(...checkItems(items));
  if (!sameJson(items, (await plugin.index(parsed, context)).items))
    problems.push("a second index differs from the first");
  const step = Math.max(1, Math.floor(items.length / decode));
  for (let i = 0; i < items.length && i / step < decode; i += step) {
    const item = items[i] as DatasetItem;
    const target = { size, channels };
    const record = await plugin.decode(structuredClone(item), { ...context, options: structuredClone(parsed), target });
    problems.push(...checkRecord(record, target).map((problem) => `${item.id}: ${problem}`));
    const again = await plugin.decode(item, { ...context, options: parsed, target });
    if (record.data.some((value, at) => !Object.is(value, again.data[at])))
      problems.push(`${item.id}: decoded twice, differs`);
  }
  return problems;
}

function checkDeclaration(plugin: Dataset): string[] {
  const problems: string[] = [];
  if (!isDataset(plugin)) problems.push("not made with defineDataset");
  if (!Object.isFrozen(plugin)) problems.push("not frozen");
  if (plugin.title === "" || plugin.license === "") problems.push("title or license is empty");
  if (plugin.domain.name === "" || plugin.domain.reason === "") problems.push("domain has no name or no reason");
  return problems;
}

function checkItems(items: readonly DatasetItem[]): string[] {
  const problems: string[] = [];
  if (items.length === 0) problems.push("no items");
  if (new Set(items.map(({ id }) => id)).size !== items.length) problems.push("ids repeat");
  if (!sameJson(items, structuredClone(items))) problems.push("items are not plain data");
  const groups = new Map<string, string>();
  for (const { id, group, split } of items) {
    if (id === "") problems.push("an id is empty");
    if (group === undefined || split === undefined) continue;
    const other = groups.get(group);
    if (other !== undefined && other !== split) problems.push(`group of ${id} is in two splits`);
    groups.set(group, split);
  }
  return problems;
}

function checkRecord(record: ImageRecord, { size, channels }: { size: number; channels: number }): string[] {
  const problems: string[] = [];
  const { data, width, height, dtype, mask } = record;
  if (width !== size || height !== size || record.channels !== channels) {
    problems.push(`${width}x${height}x${record.channels} instead of ${size}x${size}x${channels}`);
  }
  if (data.length !== size * size * channels)
    problems.push(`${data.length} values instead of ${size * size * channels}`);
  const tag = (data as unknown as { [Symbol.toStringTag]: string })[Symbol.toStringTag];
  if (tag !== arrays[dtype]) problems.push(`a ${tag} for dtype ${dtype}`);
  if (data.some((value) => !Number.isFinite(value))) problems.push("pixels that are not finite");
  if (mask !== undefined && mask.length !== size * size) problems.push("a mask of another size");
  return problems;
}

function sameJson(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

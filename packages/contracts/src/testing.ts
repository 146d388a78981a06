/**
 * The dataset contract as a check that any plugin can be put through, whatever the test runner. It looks at what a plugin
 * says and decodes a few items; it cannot know whether the pixels are the right ones.
 *
 * @module
 */
import type { z } from "zod";
import { checkDeclaration, checkIndex, checkRecord, leaksOf, sameJson } from "./_contract-checks.ts";
import type { Dataset, DatasetContext, DatasetIndex, DatasetItem, DecodeTarget, ImageRecord } from "./dataset.ts";
import { isLejepaError, LejepaError } from "./errors.ts";

/** What `checkDataset` needs to run a plugin. */
export interface CheckDatasetOptions {
  /** A folder that the plugin may fill. */
  readonly cacheDir: string;
  /** Width and height to decode to (32). */
  readonly size?: number;
  /** Channels to decode to (as many as the index names, else 3). */
  readonly channels?: number;
  /** Items decoded, spread over the index (5). */
  readonly decode?: number;
  /**
   * Texts that stand in the headers of the files (names, ids, dates): none may appear in what the plugin says. Texts shorter
   * than three characters are refused, they appear by chance.
   */
  readonly planted?: readonly string[];
  /** Counts what the process holds open, e.g. the entries of `/proc/self/fd`; must not grow from one pass to the next. */
  readonly openHandles?: () => number | Promise<number>;
}

/** What a call rejects with or throws, as a LejepaError. Anything else passes through; nothing at all is an error. */
export async function caught(run: () => unknown): Promise<LejepaError> {
  try {
    await run();
  } catch (error) {
    if (isLejepaError(error)) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
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

/**
 * Runs a plugin on real options and returns what it does against the contract, one sentence each; empty when all is well: what it
 * declares, determinism, stable unique ids, disjoint splits, plain facts, shapes, types and ranges of what is decoded, an abort
 * honoured, nothing left open, no header text in what it says. Errors of `index` pass through; those of `decode` are problems.
 *
 * @throws LejepaError E_USAGE when a planted text is too short to mean anything
 */
export async function checkDataset<Schema extends z.ZodType>(
  plugin: Dataset<Schema>,
  options: z.input<Schema>,
  check: CheckDatasetOptions,
): Promise<string[]> {
  const { cacheDir, planted = [], openHandles } = check;
  refuseShort(planted);
  const parsed = plugin.options.parse(options);
  const problems = [...checkDeclaration(plugin), ...checkOptions(plugin, options, parsed)];
  const said: string[] = [];
  const context = testContext(cacheDir, { log: (line) => void said.push(line) });
  const index = await plugin.index(parsed, context);
  problems.push(...checkIndex(index));
  const run = { plugin, options: parsed, context, index, target: targetOf(index, check), said };
  const items = spread(index.items, check.decode ?? 5);
  const first = await decodeAll(run, items);
  const handles = await openHandles?.();
  if (!sameJson(index, await plugin.index(parsed, context))) problems.push("a second index differs from the first");
  const second = await decodeAll(run, items);
  const grown = handles === undefined ? 0 : ((await openHandles?.()) ?? 0) - handles;
  if (grown > 0) problems.push(`a second pass leaves ${grown} more open than the first`);
  problems.push(...first.problems, ...compare(items, first.records, second.records));
  if (!(await rejectsAborted(run))) problems.push("index goes on with an aborted signal");
  await provoke(run, items);
  const found = leaksOf(planted, [JSON.stringify(index), ...said]);
  return [...problems, ...found.map((text) => `says ${JSON.stringify(text)}, which stands in a header`)];
}

function refuseShort(planted: readonly string[]): void {
  const short = planted.find((text) => text.length < 3);
  if (short === undefined) return;
  throw new LejepaError({
    code: "E_USAGE",
    where: "checkDataset",
    expected: "planted texts of at least 3 characters",
    got: JSON.stringify(short),
  });
}

function checkOptions<Schema extends z.ZodType>(
  plugin: Dataset<Schema>,
  options: z.input<Schema>,
  parsed: z.output<Schema>,
): string[] {
  const problems: string[] = [];
  if (!sameJson(parsed, plugin.options.parse(JSON.parse(JSON.stringify(parsed)))))
    problems.push("options change on a second parse");
  if (plugin.options.safeParse({ ...(options as object), noSuchOption: 1 }).success)
    problems.push("an unknown option is accepted");
  return problems;
}

interface Run<Schema extends z.ZodType> {
  readonly plugin: Dataset<Schema>;
  readonly options: z.output<Schema>;
  readonly context: DatasetContext;
  readonly index: DatasetIndex;
  readonly target: DecodeTarget;
  /** Everything that the plugin has said but for its index. */
  readonly said: string[];
}

function targetOf({ channels: names }: DatasetIndex, { size = 32, channels }: CheckDatasetOptions): DecodeTarget {
  return { size, channels: channels ?? names?.length ?? 3 };
}

function spread(items: readonly DatasetItem[], count: number): DatasetItem[] {
  const step = Math.max(1, Math.floor(items.length / count));
  return items.filter((_, i) => i % step === 0 && i / step < count);
}

interface Decoded {
  readonly records: readonly (ImageRecord | undefined)[];
  readonly problems: readonly string[];
}

async function decodeAll<Schema extends z.ZodType>(run: Run<Schema>, items: readonly DatasetItem[]): Promise<Decoded> {
  const { plugin, context, target, said } = run;
  const records: (ImageRecord | undefined)[] = [];
  const problems: string[] = [];
  for (const item of items) {
    try {
      const options = structuredClone(run.options);
      const record = await plugin.decode(structuredClone(item), { ...context, options, target });
      records.push(record);
      said.push(record.note ?? "");
      problems.push(...checkRecord(record, target).map((problem) => `${item.id}: ${problem}`));
    } catch (error) {
      records.push(undefined);
      said.push(messageOf(error));
      problems.push(`${item.id}: does not decode: ${messageOf(error)}`);
    }
  }
  const types = new Set(records.flatMap((record) => record?.dtype ?? []));
  if (types.size > 1) problems.push(`items decode to several types: ${[...types].join(", ")}`);
  return { records, problems };
}

function compare(items: readonly DatasetItem[], first: Decoded["records"], second: Decoded["records"]): string[] {
  return items.flatMap(({ id }, i) => (same(first[i], second[i]) ? [] : [`${id}: decoded twice, differs`]));
}

function same(a: ImageRecord | undefined, b: ImageRecord | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const values = a.data.length === b.data.length && a.data.every((value, at) => Object.is(value, b.data[at]));
  return values && sameJson([a.mask ?? null, a.spacing, a.note], [b.mask ?? null, b.spacing, b.note]);
}

async function rejectsAborted<Schema extends z.ZodType>({
  plugin,
  options,
  context,
  said,
}: Run<Schema>): Promise<boolean> {
  try {
    await plugin.index(options, { ...context, signal: AbortSignal.abort() });
    return false;
  } catch (error) {
    said.push(messageOf(error));
    return true;
  }
}

// errors that users will see: a file that is gone
async function provoke<Schema extends z.ZodType>(run: Run<Schema>, [item]: readonly DatasetItem[]): Promise<void> {
  if (item === undefined) return;
  const { plugin, options, context, target, said } = run;
  const path = `${item.source.path}.gone`;
  try {
    await plugin.decode({ ...item, source: { ...item.source, path } }, { ...context, options, target });
  } catch (error) {
    said.push(messageOf(error));
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

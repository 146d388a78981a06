// What the installed dataset plugins read, for `lejepa doctor`. The lists are the plugins' own.
import type { FormatSupport } from "@lejepa/contracts";
import { shippedIds, shippedPlugin } from "./shipped-datasets.ts";

/** A plugin and what it reads, or why it cannot be loaded. */
export type DatasetReport =
  | { readonly id: string; readonly ok: true; readonly title: string; readonly formats: readonly FormatSupport[] }
  | { readonly id: string; readonly ok: false; readonly problem: string };

/** Loads every plugin that comes with this command. */
export async function datasetReports(): Promise<DatasetReport[]> {
  return Promise.all(
    shippedIds.map(async (id): Promise<DatasetReport> => {
      const plugin = await shippedPlugin(id);
      if (plugin instanceof Error) return { id, ok: false, problem: plugin.message.split("\n")[0] ?? "" };
      return { id, ok: true, title: plugin.title, formats: plugin.formats ?? [] };
    }),
  );
}

/** Lines for the terminal: what is read, by what, then what is refused, and why. */
export function describeDatasets(reports: readonly DatasetReport[]): string[] {
  return reports.flatMap((report) => {
    if (!report.ok) return [`  ${report.id.padEnd(10)}does not load: ${report.problem}`];
    const { id, title, formats } = report;
    return [
      `  ${id.padEnd(10)}${title}`,
      ...grouped(
        formats.filter(({ supported }) => supported),
        (by) => `reads, by ${by}`,
      ),
      ...grouped(
        formats.filter(({ supported }) => !supported),
        (by) => `refuses (${by})`,
      ),
    ];
  });
}

function grouped(formats: readonly FormatSupport[], head: (by: string) => string): string[] {
  const groups = new Map<string, string[]>();
  for (const { name, id, by } of formats) {
    const text = id === "" || id === name ? name : `${name} [${id}]`;
    const group = groups.get(by);
    if (group === undefined) groups.set(by, [text]);
    else group.push(text);
  }
  return [...groups].map(([by, names]) => `            ${head(by)}: ${names.join(", ")}`);
}

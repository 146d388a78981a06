/**
 * Which rows of an unfinished store are there: a line of JSON for each, written a little after its pixels. Survives the
 * process, not the machine: after a restart of the system the pixels may not have reached the disk, so the journal is void.
 */
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { uptime } from "node:os";
import { join } from "node:path";
import type { PixelType } from "@lejepa/contracts";

/** One row. */
export interface JournalRow {
  readonly fingerprint: string;
  /** Where its pixels lie: in rows from the start of the file. */
  readonly position: number;
  readonly dtype: PixelType;
  readonly masked: boolean;
  readonly spacing?: readonly [number, number] | undefined;
  readonly note?: string | undefined;
}

/** Its name in the folder. */
export const journalFile = "rows.jsonl";

const linesAtOnce = 64;
const writeEveryMs = 250;
// clocks are corrected now and then
const sameBootSeconds = 10;

const bootTime = (): number => Math.round(Date.now() / 1000 - uptime());

/** Starts the journal of the store in `folder`. */
export function createJournal(folder: string): { readonly file: string; add(row: JournalRow): void; close(): void } {
  const file = join(folder, journalFile);
  const handle = openSync(file, "w");
  let lines: string[] = [JSON.stringify({ boot: bootTime() })];
  let writtenAt = 0;
  let open = true;
  const write = (): void => {
    if (lines.length > 0) writeSync(handle, `${lines.join("\n")}\n`);
    lines = [];
    writtenAt = performance.now();
  };
  return {
    file,
    add(row) {
      lines.push(JSON.stringify(row));
      if (lines.length >= linesAtOnce || performance.now() - writtenAt > writeEveryMs) write();
    },
    close() {
      if (!open) return;
      open = false;
      write();
      closeSync(handle);
    },
  };
}

/** The rows that a journal names; `undefined` without one, or when the system was restarted since. */
export function readJournal(folder: string): JournalRow[] | undefined {
  try {
    const lines = readFileSync(join(folder, journalFile), "utf8").split("\n");
    const { boot } = JSON.parse(lines.shift() ?? "") as { boot: number };
    if (Math.abs(boot - bootTime()) > sameBootSeconds) return undefined;
    // what follows the last line end was cut off
    return lines.slice(0, -1).map((line) => JSON.parse(line) as JournalRow);
  } catch {
    return undefined;
  }
}

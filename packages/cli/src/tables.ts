// Files that any program reads: a NumPy array, a CSV of its rows. Written whole under another name, then renamed.
import { dirname } from "node:path";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { type DatasetItem, LejepaError, type SplitName } from "@lejepa/contracts";
import type { Splits } from "@lejepa/data";

/** Header of a .npy file of little-endian float32 in row-major order (NEP 1, version 1.0; 64-byte aligned). */
export function npyHeader(shape: readonly number[]): Uint8Array {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(", ")}${shape.length === 1 ? "," : ""}), }`;
  const length = Math.ceil((10 + text.length + 1) / 64) * 64;
  const bytes = new Uint8Array(length).fill(0x20);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, (length - 10) & 0xff, (length - 10) >> 8]);
  bytes.set(new TextEncoder().encode(text), 10);
  bytes[length - 1] = 0x0a;
  return bytes;
}

/** The split of each row; rows of none are absent. */
export function splitNames(splits: Splits): Map<number, SplitName> {
  return new Map(
    (["train", "validation", "test"] as const).flatMap((name) =>
      Array.from(splits[name], (row) => [row, name] as const),
    ),
  );
}

/** `row,id,label,group,split`, one line an item. */
export function itemsCsv(items: readonly DatasetItem[], splits: Splits): Uint8Array {
  const splitOf = splitNames(splits);
  const lines = items.map(({ id, label = "", group = "" }, row) =>
    csvRow([String(row), id, label, group, splitOf.get(row) ?? ""]),
  );
  return new TextEncoder().encode([csvRow(["row", "id", "label", "group", "split"]), ...lines].join(""));
}

/** One line of a CSV with its end, cells quoted where RFC 4180 says so. */
export function csvRow(cells: readonly string[]): string {
  return `${cells.map(quoted).join(",")}\r\n`;
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** @throws LejepaError E_USAGE when the file exists */
export function refuseExisting(path: string): void {
  if (!existsSync(path)) return;
  throw new LejepaError({
    code: "E_USAGE",
    where: path,
    problem: "exists already",
    hint: "Choose another place for it, or replace it with --overwrite.",
  });
}

/**
 * Writes a file in one piece.
 *
 * @throws LejepaError E_USAGE when it exists and must not be replaced, E_IO
 */
export function writeNew(
  path: string,
  parts: readonly (Uint8Array | Float32Array)[],
  { replace }: { readonly replace: boolean },
): void {
  if (!replace) refuseExisting(path);
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(
      temporary,
      Buffer.concat(parts.map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength))),
      { flush: true },
    );
    renameSync(temporary, path);
  } catch (cause) {
    rmSync(temporary, { force: true });
    throw new LejepaError({
      code: "E_IO",
      where: path,
      problem: `cannot be written: ${(cause as Error).message}`,
      hint: "Choose a folder that you may write: --out DIR.",
      cause,
    });
  }
}

/**
 * Makes a folder with its parents.
 *
 * @throws LejepaError E_IO
 */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (cause) {
    throw new LejepaError({
      code: "E_IO",
      where: path,
      problem: `cannot be made: ${(cause as Error).message}`,
      hint: "Choose a folder that you may write: --out DIR.",
      cause,
    });
  }
}

/** Makes the folder that a file is to lie in. */
export function makeFolderOf(file: string): void {
  makeFolder(dirname(file));
}

/**
 * Reads datasets of an HDF5 file through h5wasm, whose Node build opens files in place: what is not asked for is not read.
 * One file is open at a time and only while it is used. Nothing here knows what a dataset means.
 */
import { open } from "node:fs/promises";
import { basename } from "node:path";
import { LejepaError, type StoredArray } from "@lejepa/contracts";
import type { Dataset, File } from "h5wasm/node";

/** What is known of a dataset without reading its values. */
export interface DatasetInfo {
  /** Path in the file, e.g. `images` or `train/images`. */
  readonly name: string;
  readonly shape: readonly number[];
  /** NumPy's name of the type; `string`, or `other` for what no number is. */
  readonly dtype: string;
  readonly chunks: readonly number[] | null;
  /** Names of the filters, in the order they were applied. */
  readonly filters: readonly string[];
}

/** From, to (not included), along each axis; axes that are left out are read whole. */
export type Ranges = readonly (readonly [from: number, to: number])[];

/** An opened file. */
export interface Hdf5File {
  /** All datasets, at any depth. */
  list(): DatasetInfo[];
  find(name: string): DatasetInfo | undefined;
  /** Values of a dataset of numbers, C order. */
  read(name: string, ranges: Ranges): StoredArray;
  /** Values of a dataset of texts. */
  readTexts(name: string): string[];
}

/** HDF5's registered filters that people use, and which of them the library has. */
export const filters: readonly { readonly id: number; readonly name: string; readonly supported: boolean }[] = [
  { id: 1, name: "deflate (gzip)", supported: true },
  { id: 2, name: "shuffle", supported: true },
  { id: 3, name: "fletcher32", supported: true },
  { id: 5, name: "nbit", supported: true },
  { id: 6, name: "scaleoffset", supported: true },
  { id: 4, name: "szip", supported: false },
  { id: 32000, name: "lzf", supported: false },
  { id: 32001, name: "blosc", supported: false },
  { id: 32004, name: "lz4", supported: false },
  { id: 32008, name: "bitshuffle", supported: false },
  { id: 32015, name: "zstd", supported: false },
];

/** Whether a file begins as HDF5 does. */
export function isHdf5(head: Uint8Array): boolean {
  return [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a].every((byte, i) => head[i] === byte);
}

let loading: Promise<typeof import("h5wasm/node")> | undefined;

function load(): Promise<typeof import("h5wasm/node")> {
  loading ??= import("h5wasm/node").then(async (h5wasm) => {
    const library = await h5wasm.ready;
    // else it writes its errors, with paths, to the console
    library.activate_throwing_error_handler();
    return h5wasm;
  });
  return loading;
}

/**
 * Opens a file, uses it and closes it.
 *
 * @param use must not return a promise: the file is closed when it returns
 * @throws LejepaError E_DATA, naming the file without its folder, for what is no HDF5 file, truncated or damaged
 */
export async function withHdf5<T>(path: string, use: (file: Hdf5File) => T): Promise<T> {
  const problem = await headerProblem(path);
  if (problem !== undefined) throw unreadable(path, problem);
  const { File: Hdf5 } = await load();
  let file: File | undefined;
  try {
    file = new Hdf5(path, "r");
    return use(reader(file));
  } catch (cause) {
    if (cause instanceof LejepaError) throw cause;
    throw unreadable(path, reasonOf((cause as Error).message), cause);
  } finally {
    closeQuietly(file);
  }
}

function unreadable(path: string, got: string, cause?: unknown): LejepaError {
  return new LejepaError({
    code: "E_DATA",
    where: basename(path),
    expected: "an HDF5 file that can be read",
    got,
    cause,
  });
}

// HDF5 looks for its superblock at these places
const superblocks = [0, 512, 1024, 2048];

/**
 * What the superblock says is wrong (HDF5 file format, section II.A). The library would notice too, but it leaves a file
 * that it cannot open open.
 */
async function headerProblem(path: string): Promise<string | undefined> {
  const handle = await open(path, "r");
  try {
    const { size } = await handle.stat();
    const head = Buffer.alloc(4096);
    await handle.read(head, 0, head.length, 0);
    const at = superblocks.find((offset) => isHdf5(head.subarray(offset)));
    if (at === undefined) return size === 0 ? "an empty file" : "other contents";
    const version = head[at + 8] as number;
    // sizes of offsets lie at 13 in versions 0 and 1, at 9 in 2 and 3; the end of the file is the third address
    const width = head[at + (version < 2 ? 13 : 9)];
    const first = version < 2 ? 24 + 4 * version : 12;
    if (version > 3 || width !== 8) return undefined;
    const end = Number(head.readBigUInt64LE(at + first + 2 * width)) + Number(head.readBigUInt64LE(at + first));
    return end > size ? `${size} of its ${end} bytes: it is truncated` : undefined;
  } finally {
    await handle.close();
  }
}

// a damaged file may fail once more when it is closed
function closeQuietly(file: File | undefined): void {
  try {
    file?.close();
  } catch {
    // the first error has been told
  }
}

// HDF5 tells a stack of messages, the innermost last; some name the file with its path
function reasonOf(message: string): string {
  const lines = [...message.matchAll(/^ +#\d+: .* in \w+\(\): (.*)$/gm)].map(([, text]) => text as string);
  const last = lines.at(-1) ?? message.split("\n")[0] ?? "";
  return last.replace(/[,:]? *name = '.*$/, "").slice(0, 150);
}

function reader(file: File): Hdf5File {
  const dataset = (name: string): Dataset | undefined => {
    const found = file.get(name);
    // by shape, not instanceof: links and references are other classes
    return found !== null && "filters" in found ? found : undefined;
  };
  const needed = (name: string): Dataset => {
    const found = dataset(name);
    if (found === undefined) throw new RangeError(`no dataset ${name}`);
    return found;
  };
  return {
    list: () => file.paths().flatMap((name) => infoOf(name, dataset(name))),
    find: (name) => infoOf(name, dataset(name))[0],
    read: (name, ranges) => {
      const found = needed(name);
      const rank = found.shape?.length ?? 0;
      const slices = Array.from({ length: rank }, (_, axis): [] | [number, number] => {
        const range = ranges[axis];
        return range === undefined ? [] : [range[0], range[1]];
      });
      return found.slice(slices) as StoredArray;
    },
    readTexts: (name) => needed(name).value as string[],
  };
}

function infoOf(name: string, dataset: Dataset | undefined): DatasetInfo[] {
  if (dataset === undefined) return [];
  const { metadata, shape } = dataset;
  const names = dataset.filters.map(
    ({ id, name: own }) => filters.find((one) => one.id === id)?.name ?? `${own} (${id})`,
  );
  return [
    {
      name: name.replace(/^\//, ""),
      shape: shape ?? [],
      dtype: dtypeOf(metadata),
      chunks: metadata.chunks,
      filters: names,
    },
  ];
}

// classes of HDF5 types: 0 integers, 1 floating point, 3 texts
function dtypeOf({ type, size, signed }: Dataset["metadata"]): string {
  if (type === 0 && [1, 2, 4, 8].includes(size)) return `${signed ? "" : "u"}int${size * 8}`;
  if (type === 1 && (size === 4 || size === 8)) return `float${size * 8}`;
  return type === 3 ? "string" : "other";
}

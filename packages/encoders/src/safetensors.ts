// The safetensors format: 8 bytes of header length, a JSON header, then the tensors' bytes. Not file access: callers
// read and write bytes. Written against the format's published description; no maintained npm package does both ways.
import { LejepaError } from "@lejepa/contracts";
import { elementBytes, fromFloat32, halfBytes, isStoredType, type StoredType, toFloat32 } from "./_number-formats.ts";

/** A tensor from a file, as float32 whatever its stored format. */
export interface StoredTensor {
  readonly dtype: StoredType;
  readonly shape: readonly number[];
  /** May share memory with the bytes that were read. */
  readonly data: Float32Array;
}

/** Content of a safetensors file. */
export interface Safetensors {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A tensor to be written. */
export interface TensorToStore {
  readonly shape: readonly number[];
  readonly data: Float32Array;
  /** How to store it; `F16` keeps 11 bits of precision. Default `F32`. */
  readonly dtype?: "F32" | "F16";
}

/** The format's own limit, against headers made to exhaust memory. */
const maxHeaderBytes = 100_000_000;

/**
 * Serialises float32 tensors (stored as F32 or F16) and string metadata.
 *
 * @returns header and tensors as pieces to be written one after the other; F32 tensors are views, not copies
 * @throws LejepaError E_CHECKPOINT when data and shape disagree or a name is reserved
 */
export function safetensorsChunks(
  tensors: ReadonlyMap<string, TensorToStore>,
  { metadata = {} }: { readonly metadata?: Readonly<Record<string, string>> } = {},
): Uint8Array[] {
  const entries: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) entries.push(["__metadata__", metadata]);
  let offset = 0;
  const pieces: Uint8Array[] = [];
  for (const [name, { shape, data, dtype = "F32" }] of tensors) {
    if (name === "__metadata__") throw broken(name, "another tensor name", "the format's reserved key");
    if (!shape.every(isCount) || elementCount(shape) !== data.length) {
      throw broken(name, `${data.length} values in the shape`, `[${shape.join(", ")}]`);
    }
    const bytes = dtype === "F16" ? halfBytes(data) : fromFloat32(data);
    entries.push([name, { dtype, shape, data_offsets: [offset, offset + bytes.byteLength] }]);
    offset += bytes.byteLength;
    pieces.push(bytes);
  }
  return [header(entries), ...pieces];
}

/** {@link safetensorsChunks} in one piece. */
export function writeSafetensors(
  tensors: ReadonlyMap<string, TensorToStore>,
  options: { readonly metadata?: Readonly<Record<string, string>> } = {},
): Uint8Array {
  const chunks = safetensorsChunks(tensors, options);
  const bytes = new Uint8Array(chunks.reduce((total, { byteLength }) => total + byteLength, 0));
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}

// padded with spaces so that the tensors start at a multiple of 8
function header(entries: readonly (readonly [string, unknown])[]): Uint8Array {
  const json = `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(",")}}`;
  const text = new TextEncoder().encode(json);
  const bytes = new Uint8Array(8 + Math.ceil(text.length / 8) * 8).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(bytes.length - 8), true);
  bytes.set(text, 8);
  return bytes;
}

/**
 * Parses a safetensors file held in memory. F64, F32, F16, BF16, all integer formats and BOOL become float32 (I64 and F64
 * lose what float32 cannot hold).
 *
 * Every length in the header is checked against the bytes that are there before anything is allocated.
 *
 * @param options.where named in errors: the file
 * @throws LejepaError E_CHECKPOINT when the bytes are not a whole, well-formed safetensors file
 */
export function readSafetensors(
  bytes: Uint8Array,
  { where = "safetensors" }: { readonly where?: string } = {},
): Safetensors {
  const { fields, body } = splitFile(bytes, where);
  const metadata = readMetadata(fields.find(([name]) => name === "__metadata__")?.[1], where);
  const places = fields
    .filter(([name]) => name !== "__metadata__")
    .map(([name, value]) => readPlace(name, value, where));
  checkCoverage(places, body.byteLength, where);
  const tensors = new Map(
    places.map(({ name, dtype, shape, begin, end }) => [
      name,
      { dtype, shape, data: toFloat32(body.subarray(begin, end), dtype) },
    ]),
  );
  return { tensors, metadata };
}

function splitFile(bytes: Uint8Array, where: string): { fields: [string, unknown][]; body: Uint8Array } {
  if (bytes.byteLength < 8) throw broken(where, "a safetensors file", `${bytes.byteLength} bytes`, truncated);
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(maxHeaderBytes)) {
    throw broken(where, `a header of at most ${maxHeaderBytes} bytes`, `${length}`, "This is no safetensors file.");
  }
  const end = 8 + Number(length);
  if (end > bytes.byteLength) {
    throw broken(where, `a header of ${length} bytes`, `${bytes.byteLength - 8}`, truncated);
  }
  return { fields: Object.entries(parseHeader(bytes.subarray(8, end), where)), body: bytes.subarray(end) };
}

const truncated = "The file is cut off or not a safetensors file.";

function parseHeader(bytes: Uint8Array, where: string): object {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw broken(where, "a JSON header", "something else", "This is no safetensors file, or a damaged one.", cause);
  }
  if (isObject(value)) return value;
  throw broken(where, "a JSON object as header", JSON.stringify(value).slice(0, 40));
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function readMetadata(value: unknown, where: string): Record<string, string> {
  if (value === undefined) return {};
  const isStrings = isObject(value) && Object.values(value).every((item) => typeof item === "string");
  if (!isStrings) throw broken(where, "metadata of strings only", JSON.stringify(value).slice(0, 40));
  return value as Record<string, string>;
}

interface Place {
  readonly name: string;
  readonly dtype: StoredType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function readPlace(name: string, value: unknown, file: string): Place {
  const where = `${file}: ${name.slice(0, 200)}`;
  const { dtype, shape, data_offsets: offsets } = isObject(value) ? value : {};
  if (!isStoredType(dtype)) {
    throw broken(where, `dtype ${Object.keys(elementBytes).join(", ")}`, JSON.stringify(dtype)?.slice(0, 40) ?? "none");
  }
  if (!isCounts(shape)) throw broken(where, "a shape of non-negative integers", describe(shape));
  if (!isCounts(offsets) || offsets.length !== 2) throw broken(where, "data_offsets [begin, end]", describe(offsets));
  const [begin, end] = offsets as [number, number];
  const needed = elementCount(shape) * elementBytes[dtype];
  if (begin <= end && end - begin === needed) return { name, dtype, shape, begin, end };
  throw broken(where, `${needed} bytes for ${dtype} [${shape.join(", ").slice(0, 80)}]`, `bytes ${begin} to ${end}`);
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isCounts = (value: unknown): value is number[] => Array.isArray(value) && value.every(isCount);
const elementCount = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);
const describe = (value: unknown): string => (value === undefined ? "none" : JSON.stringify(value).slice(0, 80));

// the format wants no gaps and no overlaps: nothing hidden, nothing read twice
function checkCoverage(places: readonly Place[], bodyBytes: number, where: string): void {
  let reached = 0;
  for (const { name, begin, end } of [...places].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== reached) throw broken(`${where}: ${name.slice(0, 200)}`, `data from byte ${reached}`, `${begin}`);
    reached = end;
  }
  if (reached !== bodyBytes) throw broken(where, `${reached} bytes of tensors`, `${bodyBytes}`, truncated);
}

function broken(where: string, expected: string, got: string, hint?: string, cause?: unknown): LejepaError {
  return new LejepaError({ code: "E_CHECKPOINT", where, expected, got, hint, cause });
}

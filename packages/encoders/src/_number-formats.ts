// Stored number formats as Float32Array, and back for the two that we write: F32 and F16.

/** Bytes of one element, for every format that is read. */
export const elementBytes = {
  F64: 8,
  I64: 8,
  U64: 8,
  F32: 4,
  I32: 4,
  U32: 4,
  F16: 2,
  BF16: 2,
  I16: 2,
  U16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
} as const;

/** A stored number format. */
export type StoredType = keyof typeof elementBytes;

export const isStoredType = (value: unknown): value is StoredType =>
  typeof value === "string" && Object.hasOwn(elementBytes, value);

/** Little-endian values as float32: a view of the same memory for aligned F32 on a little-endian machine, else a copy. */
export function toFloat32(bytes: Uint8Array, type: StoredType): Float32Array {
  if (type === "F32" && littleEndian && bytes.byteOffset % 4 === 0) {
    return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = readers[type];
  const step = elementBytes[type];
  const values = new Float32Array(bytes.byteLength / step);
  for (let i = 0; i < values.length; i++) values[i] = read(view, i * step);
  return values;
}

/** The bytes of float32 values, little-endian: a view of the same memory where the machine is. */
export function fromFloat32(values: Float32Array): Uint8Array {
  if (littleEndian) return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const view = new DataView(new ArrayBuffer(values.byteLength));
  values.forEach((value, i) => view.setFloat32(4 * i, value, true));
  return new Uint8Array(view.buffer);
}

/** Float32 values as the bits of binary16, rounded to the nearest, ties to even; what is too large becomes infinite. */
export const toHalf = (values: Float32Array): Uint16Array => Uint16Array.from(values, halfBits);

/** Bits of binary16 as float32 values, exactly. */
export const fromHalf = (bits: Uint16Array): Float32Array => Float32Array.from(bits, half);

/** The bytes of {@link toHalf}, little-endian. */
export function halfBytes(values: Float32Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(2 * values.length));
  values.forEach((value, i) => view.setUint16(2 * i, halfBits(value), true));
  return new Uint8Array(view.buffer);
}

function halfBits(value: number): number {
  scratch.setFloat32(0, value);
  const bits = scratch.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  const size = bits & 0x7fff_ffff;
  if (size > 0x7f80_0000) return sign | 0x7e00;
  // 65520 and above rounds to infinity
  if (size >= 0x477f_f000) return sign | 0x7c00;
  // subnormal halves count in 2^-24
  if (size < 0x3880_0000) return sign | roundTiesToEven(Math.abs(value) * 2 ** 24);
  return sign | roundTiesToEven((size - 0x3800_0000) / 2 ** 13);
}

function roundTiesToEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}

const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

const readers: Readonly<Record<StoredType, (view: DataView, offset: number) => number>> = {
  F64: (view, offset) => view.getFloat64(offset, true),
  I64: (view, offset) => Number(view.getBigInt64(offset, true)),
  U64: (view, offset) => Number(view.getBigUint64(offset, true)),
  F32: (view, offset) => view.getFloat32(offset, true),
  I32: (view, offset) => view.getInt32(offset, true),
  U32: (view, offset) => view.getUint32(offset, true),
  F16: (view, offset) => half(view.getUint16(offset, true)),
  BF16: (view, offset) => bfloat(view.getUint16(offset, true)),
  I16: (view, offset) => view.getInt16(offset, true),
  U16: (view, offset) => view.getUint16(offset, true),
  I8: (view, offset) => view.getInt8(offset),
  U8: (view, offset) => view.getUint8(offset),
  BOOL: (view, offset) => (view.getUint8(offset) === 0 ? 0 : 1),
};

/** IEEE 754 binary16 from its bits. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const scratch = new DataView(new ArrayBuffer(4));

/** bfloat16 from its bits: the upper half of a float32. */
function bfloat(bits: number): number {
  scratch.setUint32(0, bits * 0x10000);
  return scratch.getFloat32(0);
}

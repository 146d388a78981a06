/**
 * What the first bytes of a compressed frame say of it: size, components, precision, colour model. Read so that a decoder
 * is never handed a frame of another size than the header promises, and to know what the decoded samples mean.
 */

/** Facts of a JPEG, JPEG-LS or JPEG 2000 codestream. */
export interface CodestreamFacts {
  readonly columns: number;
  readonly rows: number;
  readonly components: number;
  /** Bits of a sample. */
  readonly precision: number;
  /** JPEG 2000 knows signed samples. */
  readonly signed: boolean;
  /** What the codestream itself says of its colours; undefined when it does not. */
  readonly colours: "rgb" | "ybr" | undefined;
  /** JPEG's number of the coding process: 0 baseline, 1 extended, 3 lossless, 55 JPEG-LS; undefined for JPEG 2000. */
  readonly process: number | undefined;
}

/** The facts of a JPEG or JPEG-LS codestream (ITU-T T.81 annex B, T.87), or undefined when it is none. */
export function jpegFacts(bytes: Uint8Array): CodestreamFacts | undefined {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let colours: "rgb" | "ybr" | undefined;
  let at = 2;
  while (at + 4 <= bytes.length) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1] as number;
    // fill bytes, and markers without a length
    if (marker === 0xff || marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {
      at += marker === 0xff ? 1 : 2;
      continue;
    }
    const length = view.getUint16(at + 2);
    if (length < 2 || at + 2 + length > bytes.length) return undefined;
    const body = bytes.subarray(at + 4, at + 2 + length);
    // JFIF is YCbCr by definition; Adobe's mark says which (0 not transformed, 1 YCbCr)
    if (marker === 0xe0 && startsWith(body, "JFIF")) colours ??= "ybr";
    if (marker === 0xee && startsWith(body, "Adobe") && body.length >= 12) colours = body[11] === 1 ? "ybr" : "rgb";
    if (isFrame(marker)) return frameFacts(body, marker - 0xc0, colours);
    if (marker === 0xda || marker === 0xd9) return undefined;
    at += 2 + length;
  }
  return undefined;
}

function frameFacts(
  body: Uint8Array,
  process: number,
  colours: "rgb" | "ybr" | undefined,
): CodestreamFacts | undefined {
  if (body.length < 6) return undefined;
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const components = body[5] as number;
  const ids = String.fromCharCode(...Array.from({ length: components }, (_, i) => body[6 + 3 * i] ?? 0));
  return {
    precision: body[0] as number,
    rows: view.getUint16(1),
    columns: view.getUint16(3),
    components,
    signed: false,
    colours: components === 3 ? (colours ?? (ids === "RGB" ? "rgb" : undefined)) : undefined,
    process: process === 0x37 ? 55 : process,
  };
}

// SOF0 to SOF15 without DHT, JPG and DAC; SOF55 is JPEG-LS
function isFrame(marker: number): boolean {
  return marker === 0xf7 || (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc);
}

/** The facts of a JPEG 2000 codestream (ITU-T T.800 annex A) and where it starts: some writers wrap it into a JP2 file. */
export function jpeg2000Facts(bytes: Uint8Array): (CodestreamFacts & { readonly start: number }) | undefined {
  const start = codestreamStart(bytes);
  if (start === undefined || start + 42 > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(start) !== 0xff4fff51) return undefined;
  const components = view.getUint16(start + 40);
  if (start + 42 + 3 * components > bytes.length || components === 0) return undefined;
  const depth = bytes[start + 42] as number;
  const size = (at: number): number => view.getUint32(start + at);
  return {
    start,
    columns: size(8) - size(16),
    rows: size(12) - size(20),
    components,
    precision: (depth & 0x7f) + 1,
    signed: depth >= 0x80,
    colours: components === 3 && usesTransform(bytes, start + 4 + view.getUint16(start + 4)) ? "rgb" : undefined,
    process: undefined,
  };
}

// the multiple component transformation of the coding style: the decoder undoes it, so RGB comes out
function usesTransform(bytes: Uint8Array, after: number): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = after; at + 12 <= bytes.length && bytes[at] === 0xff && bytes[at + 1] !== 0x90; ) {
    if (bytes[at + 1] === 0x52) return bytes[at + 8] === 1;
    at += 2 + Math.max(2, view.getUint16(at + 2));
  }
  return false;
}

function codestreamStart(bytes: Uint8Array): number | undefined {
  if (bytes[0] === 0xff) return 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  while (at + 8 <= bytes.length) {
    const length = view.getUint32(at);
    if (view.getUint32(at + 4) === 0x6a703263) return at + (length === 1 ? 16 : 8);
    if (length < 8) return undefined;
    at += length;
  }
  return undefined;
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return [...text].every((letter, i) => bytes[i] === letter.charCodeAt(0));
}

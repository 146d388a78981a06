/**
 * Compressed frames to samples. The codecs are WebAssembly (dcmjs-codecs, CharLS), loaded when the first frame of their kind
 * is met. Sizes are checked before a codec sees a byte; an instance in which a codec failed is thrown away.
 */
import { frameBytes, type ImageAttributes } from "./image-attributes.ts";
import { jpeg2000Facts, jpegFacts, type CodestreamFacts } from "./codestream.ts";
import { unusable } from "./problem.ts";
import type { TransferSyntax } from "./transfer-syntaxes.ts";

/** A decoded frame: little endian, samples of a pixel together. */
export interface DecodedFrame {
  readonly bytes: Uint8Array;
  /** What a codestream says of its colours, which is right where the header is not. */
  readonly colours: "rgb" | "ybr" | undefined;
}

/**
 * Decodes one frame.
 *
 * @throws LejepaError E_DECODE when the codestream does not fit the header or is damaged
 */
export async function decodeCompressed(
  bytes: Uint8Array,
  image: ImageAttributes,
  { codec, name }: TransferSyntax,
): Promise<DecodedFrame> {
  if (image.bitsAllocated === 1 || image.float)
    throw unusable(`has ${name} pixels of ${image.bitsAllocated} bits that are not read`);
  if (codec === "rle") {
    checkRle(bytes, image);
    return { bytes: await nativeCodec("decodeRle", bytes, image), colours: undefined };
  }
  const facts = codec === "j2k" || codec === "htj2k" ? jpeg2000Facts(bytes) : jpegFacts(bytes);
  if (facts === undefined) throw unusable(`has a frame that is no codestream of ${name}`);
  checkFacts(facts, image);
  const coded = codedImage(image, facts);
  const decoded = widen(await decodeCodestream(bytes, coded, { codec, facts }), { coded, image, facts });
  const { process, precision, signed } = facts;
  // some encoders of JPEG 2000 forget that the samples are signed
  if (process === undefined && image.signed && !signed) extendSign(decoded, image.bitsAllocated, precision);
  // encoders of lossless RGB write a JFIF mark all the same
  return { bytes: decoded, colours: process === 3 || process === 55 ? undefined : facts.colours };
}

// decoders give as many bytes as the codestream needs, whatever the header has allocated
function codedImage(image: ImageAttributes, { precision }: CodestreamFacts): ImageAttributes {
  const bitsAllocated = precision <= 8 ? 8 : precision <= 16 ? 16 : 32;
  return { ...image, bitsAllocated, bitsStored: Math.min(image.bitsStored, bitsAllocated) };
}

async function decodeCodestream(
  bytes: Uint8Array,
  coded: ImageAttributes,
  { codec, facts }: { codec: TransferSyntax["codec"]; facts: CodestreamFacts & { readonly start?: number } },
): Promise<Uint8Array> {
  if (codec === "jpeg-ls") return charls(bytes, coded);
  if (codec !== "jpeg") {
    return nativeCodec(
      codec === "j2k" ? "decodeJpeg2000" : "decodeHtJpeg2000",
      bytes.subarray(facts.start ?? 0),
      coded,
    );
  }
  if (facts.process === 55) throw unusable("has JPEG-LS pixels under a transfer syntax of JPEG");
  return nativeCodec("decodeJpeg", bytes, coded);
}

interface Widen {
  readonly coded: ImageAttributes;
  readonly image: ImageAttributes;
  readonly facts: CodestreamFacts;
}

function widen(bytes: Uint8Array, { coded, image, facts }: Widen): Uint8Array {
  const [from, to] = [coded.bitsAllocated / 8, image.bitsAllocated / 8];
  if (from === to) return bytes;
  const wide = new Uint8Array((bytes.length / from) * to);
  for (let i = 0, at = 0; i < bytes.length; i += from, at += to) {
    wide.set(bytes.subarray(i, i + from), at);
    if (facts.signed && (bytes[i + from - 1] as number) >= 0x80) wide.fill(0xff, at + from, at + to);
  }
  return wide;
}

function checkFacts({ rows, columns, components, precision, process }: CodestreamFacts, image: ImageAttributes): void {
  if (rows !== image.rows || columns !== image.columns || components !== image.samples) {
    throw unusable(
      `has a codestream of ${rows} x ${columns} x ${components} under a header of ${image.rows} x ${image.columns} x ${image.samples}`,
    );
  }
  const lossless = process === undefined || process === 3 || process === 55;
  if (!lossless && precision !== 8 && precision !== 12) {
    throw unusable(`has a JPEG codestream of ${precision} bits, where the standard has 8 and 12`);
  }
  if (precision > image.bitsAllocated || (precision > 16 && process !== undefined)) {
    throw unusable(`has a codestream of ${precision} bits under a header of ${image.bitsAllocated} bits allocated`);
  }
}

// PS3.5 annex G: a count and fifteen offsets; at best two bytes make 128
function checkRle(bytes: Uint8Array, image: ImageAttributes): void {
  const segments = image.samples * (image.bitsAllocated / 8);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const offsets = Array.from({ length: segments }, (_, i) => (bytes.length < 64 ? 0 : view.getUint32(4 + 4 * i, true)));
  const inside = offsets.every((offset, i) => offset >= 64 && offset < (offsets[i + 1] ?? bytes.length));
  if (bytes.length < 64 || view.getUint32(0, true) !== segments || !inside || bytes.length * 64 < frameBytes(image)) {
    throw unusable("has a damaged RLE frame");
  }
}

type NativeDecoder = "decodeRle" | "decodeJpeg" | "decodeJpeg2000" | "decodeHtJpeg2000";

async function nativeCodec(decode: NativeDecoder, encoded: Uint8Array, image: ImageAttributes): Promise<Uint8Array> {
  const { NativeCodecs, Context, log } = (await import("dcmjs-codecs")).default;
  log.disableAll();
  await initialise(NativeCodecs);
  const context = new Context({
    width: image.columns,
    height: image.rows,
    bitsAllocated: image.bitsAllocated,
    bitsStored: image.bitsStored,
    samplesPerPixel: image.samples,
    pixelRepresentation: image.signed ? 1 : 0,
    planarConfiguration: image.planar ? 1 : 0,
    photometricInterpretation: image.photometric,
    encodedBuffer: encoded,
  });
  try {
    const result = NativeCodecs[decode](context, {});
    const decoded = result.getDecodedBuffer() as Uint8Array;
    const planar = decode === "decodeRle" ? result.getPlanarConfiguration() === 1 : false;
    return checkLength(planar ? interleave(decoded, image) : decoded, image);
  } catch (error) {
    // memory of a call that failed is not given back, and the state of the codec is unknown
    NativeCodecs.release();
    throw (error as { code?: unknown }).code === "E_DECODE"
      ? error
      : unusable("has a compressed frame that is damaged");
  }
}

interface Initialised {
  isInitialized(): boolean;
  initializeAsync(): Promise<void>;
}

let initialising: Promise<void> | undefined;

async function initialise(codecs: Initialised): Promise<void> {
  while (!codecs.isInitialized()) {
    initialising ??= codecs.initializeAsync().finally(() => {
      initialising = undefined;
    });
    await initialising;
  }
}

type CharLs = Awaited<ReturnType<typeof import("@cornerstonejs/codec-charls/decodewasmjs").default>>;
let charlsLoading: Promise<CharLs> | undefined;

async function charls(encoded: Uint8Array, image: ImageAttributes): Promise<Uint8Array> {
  const { default: load } = await import("@cornerstonejs/codec-charls/decodewasmjs");
  charlsLoading ??= load({ print() {}, printErr() {} });
  const { JpegLSDecoder } = await charlsLoading;
  const decoder = new JpegLSDecoder();
  try {
    decoder.getEncodedBuffer(encoded.length).set(encoded);
    decoder.decode();
    const decoded = decoder.getDecodedBuffer().slice();
    const planar = image.samples === 3 && decoder.getInterleaveMode() === 0;
    decoder.delete();
    return checkLength(planar ? interleave(decoded, image) : decoded, image);
  } catch (error) {
    charlsLoading = undefined;
    throw (error as { code?: unknown }).code === "E_DECODE"
      ? error
      : unusable("has a compressed frame that is damaged");
  }
}

function checkLength(decoded: Uint8Array, image: ImageAttributes): Uint8Array {
  const expected = frameBytes(image);
  if (decoded.length !== expected) throw unusable(`decoded to ${decoded.length} bytes instead of ${expected}`);
  return decoded;
}

/** Samples of a pixel together, from planes of samples. */
export function interleave(planes: Uint8Array, { samples, bitsAllocated }: ImageAttributes): Uint8Array {
  const bytes = Math.max(1, bitsAllocated / 8);
  const pixels = Math.floor(planes.length / (samples * bytes));
  const together = new Uint8Array(planes.length);
  for (let s = 0; s < samples; s++)
    for (let i = 0; i < pixels; i++)
      for (let b = 0; b < bytes; b++)
        together[(i * samples + s) * bytes + b] = planes[(s * pixels + i) * bytes + b] as number;
  return together;
}

// some encoders forget that the samples are signed: two's complement of `precision` bits
function extendSign(bytes: Uint8Array, bitsAllocated: number, precision: number): void {
  const shift = bitsAllocated - precision;
  if (shift === 0) return;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bitsAllocated === 8)
    for (let i = 0; i < bytes.length; i++) view.setInt8(i, (((view.getInt8(i) << shift) << 24) >> 24) >> shift);
  if (bitsAllocated === 16)
    for (let i = 0; i < bytes.length; i += 2)
      view.setInt16(i, (view.getInt16(i, true) << (shift + 16)) >> (shift + 16), true);
  if (bitsAllocated === 32)
    for (let i = 0; i < bytes.length; i += 4) view.setInt32(i, (view.getInt32(i, true) << shift) >> shift, true);
}

// What is used of CharLS, which brings no types.
declare module "@cornerstonejs/codec-charls/decodewasmjs" {
  interface JpegLsDecoder {
    getEncodedBuffer(length: number): Uint8Array;
    getDecodedBuffer(): Uint8Array;
    decode(): void;
    getInterleaveMode(): number;
    getFrameInfo(): { width: number; height: number; bitsPerSample: number; componentCount: number };
    delete(): void;
  }
  interface CharLs {
    JpegLSDecoder: new () => JpegLsDecoder;
  }
  const load: (options: { print(text: string): void; printErr(text: string): void }) => Promise<CharLs>;
  export default load;
}

/**
 * Takes exact numbers of bytes out of a stream of chunks.
 */

/** A reader of a stream. */
export interface ByteReader {
  /** The next `length` bytes; undefined when fewer are left. */
  take(length: number): Promise<Buffer | undefined>;
  /** Reads the rest and forgets it. */
  drain(): Promise<void>;
}

/** A reader of these chunks, which nobody else may read. */
export function createByteReader(chunks: AsyncIterable<Buffer>): ByteReader {
  const source = chunks[Symbol.asyncIterator]();
  let held: Buffer[] = [];
  let bytes = 0;
  return {
    async take(length) {
      while (bytes < length) {
        const { done, value } = await source.next();
        if (done === true) return undefined;
        held.push(value);
        bytes += value.length;
      }
      const all = held.length === 1 ? (held[0] as Buffer) : Buffer.concat(held);
      held = all.length === length ? [] : [all.subarray(length)];
      bytes -= length;
      return all.subarray(0, length);
    },
    async drain() {
      held = [];
      bytes = 0;
      while ((await source.next()).done !== true);
    },
  };
}

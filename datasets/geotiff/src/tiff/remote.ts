/**
 * A file on a server, read by HTTP ranges through geotiff's block cache. Nothing is fetched but the ranges that are needed;
 * a server that sends the whole file instead is refused.
 */
import { LejepaError } from "@lejepa/contracts";
import { BaseClient, BaseResponse, fromCustomClient } from "geotiff";
import { notTiff, unreadable } from "./problem.ts";
import type { ByteSource } from "./source.ts";

const timeoutMs = 30_000;
const blockSize = 1 << 16;
const cachedBlocks = 256;
const unasked = "no answer";

/** geotiff's blocks keep only that a request failed: the reason stays here. */
class RangeClient extends BaseClient {
  reason = unasked;
  size = 0;

  override async request({ headers, signal }: { headers?: Record<string, string>; signal?: AbortSignal } = {}) {
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetch(this.url, {
        ...(headers !== undefined && { headers }),
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      });
      if (response.status !== 206) {
        await response.body?.cancel();
        this.reason = response.ok ? "a server that does not answer to ranges" : `HTTP status ${response.status}`;
      } else {
        this.size = Number(/\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1] ?? 0);
        return new RangeResponse(response);
      }
    } catch (error) {
      this.reason = (error as Error).name === "TimeoutError" ? `no answer in ${timeoutMs / 1000} s` : "no connection";
    }
    throw new Error(this.reason);
  }
}

class RangeResponse extends BaseResponse {
  readonly #response: Response;

  constructor(response: Response) {
    super();
    this.#response = response;
  }

  override get status(): number {
    return this.#response.status;
  }

  override getHeader(name: string): string {
    return this.#response.headers.get(name) ?? "";
  }

  override async getData(): Promise<ArrayBuffer> {
    return this.#response.arrayBuffer();
  }
}

/**
 * Opens a URL.
 *
 * @throws LejepaError E_IO when the server cannot be reached, has no such file or does not answer to ranges
 */
export async function openRemote(url: string): Promise<ByteSource> {
  const name = new URL(url).pathname.split("/").at(-1) || new URL(url).host;
  const client = new RangeClient(url);
  const asked = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      // geotiff reads the magic number at once
      if (client.size > 0 && client.reason === unasked) throw unreadable(name, notTiff, undefined, cause);
      throw new LejepaError({
        code: "E_IO",
        where: name,
        expected: "a server that sends byte ranges",
        got: client.reason,
        cause,
      });
    }
  };
  // the sizes of the block cache are missing in geotiff's type
  const blocks = { blockSize, cacheSize: cachedBlocks } as object;
  const { source } = await asked(() => fromCustomClient(client, blocks));
  return {
    name,
    size: client.size,
    read: (offset, length) =>
      asked(async () => {
        const bounded = Math.max(0, Math.min(length, client.size - offset));
        if (bounded === 0) return new Uint8Array(0);
        const [bytes] = await source.fetch([{ offset, length: bounded }]);
        return new Uint8Array(bytes as ArrayBuffer);
      }),
    close: async () => {},
  };
}

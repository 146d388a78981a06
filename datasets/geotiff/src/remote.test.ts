// Scenes on a server: ranges alone are fetched, and what a server cannot do is said.
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { isLejepaError, type DatasetItem } from "@lejepa/contracts";
import { expect, onTestFinished, test } from "vitest";
import { caught, decode, index, raster, tiffOf } from "./_tiff.test-helper.ts";

interface Asked {
  readonly url: string;
  bytes: number;
}

type Answer = (bytes: Uint8Array, range: readonly [number, number], response: ServerResponse) => void;

const withRange: Answer = (bytes, [start, end], response) => {
  const part = bytes.subarray(start, end + 1);
  response.writeHead(206, {
    "content-range": `bytes ${start}-${start + part.length - 1}/${bytes.length}`,
    "content-length": part.length,
  });
  response.end(part);
};

async function serve(bytes: Uint8Array, answer: Answer = withRange): Promise<Asked> {
  const asked = { url: "", bytes: 0 };
  const server = createServer((request, response) => {
    const [, start, end] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? "") ?? [];
    const range = [Number(start), Math.min(Number(end), bytes.length - 1)] as const;
    asked.bytes += range[1] - range[0] + 1;
    answer(bytes, range, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => new Promise((resolve) => (server.closeAllConnections(), server.close(() => resolve()))));
  asked.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/data/scene.tif`;
  return asked;
}

test("chips of a large scene read a small part of it", async () => {
  const side = 2048;
  const bytes = tiffOf(
    raster(side, side, (x, y) => (x + 3 * y) % 256, { place: { x: 0, y: 0, size: 1 }, tags: { 279: side * side } }),
  );
  const asked = await serve(bytes);
  const options = { path: asked.url, chips: { size: 64 } };
  const { items } = await index(options);
  expect([items.length, items[0]?.id]).toEqual([1024, "scene.tif#0,0,64,64"]);
  const { data } = await decode(items[33] as DatasetItem, options, { size: 64, channels: 1 });
  expect([data[0], data[64]]).toEqual([(64 + 3 * 64) % 256, (64 + 3 * 65) % 256]);
  expect(asked.bytes).toBeLessThan(bytes.length / 4);
});

test.for<readonly [string, Answer, string]>([
  [
    "no such file",
    (_, __, response) => response.writeHead(404).end(),
    "scene.tif: expected a server that sends byte ranges, got HTTP status 404.",
  ],
  [
    "the whole file",
    (bytes, __, response) => response.writeHead(200).end(bytes),
    "scene.tif: expected a server that sends byte ranges, got a server that does not answer to ranges.",
  ],
  [
    "a closed connection",
    (_, __, response) => response.destroy(),
    "scene.tif: expected a server that sends byte ranges, got no connection.",
  ],
  [
    "no TIFF",
    (_, range, response) => withRange(Buffer.from("hello, this is no raster".repeat(99)), range, response),
    "scene.tif: This is no TIFF file.",
  ],
])("a server that sends %s", async ([, answer, message]) => {
  const asked = await serve(tiffOf(raster(300, 300, (x) => x)), answer);
  const item = { id: "x", source: { path: asked.url } };
  expect((await caught(() => decode(item, { path: asked.url }, { size: 8, channels: 1 }))).message).toBe(message);
  const error: unknown = await index({ path: asked.url }).catch((cause: unknown) => cause);
  expect(isLejepaError(error, "E_DATA")).toBe(true);
});

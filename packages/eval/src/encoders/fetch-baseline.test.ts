// Fetching baselines from a hub that runs in this process: licence first, digests checked, interrupted files continued, and
// errors in the user's words.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { fetchBaseline, fetchedWeights, listBaselines } from "./fetch-baseline.ts";

const root = mkdtempSync(join(tmpdir(), "lejepa-hub-"));
const weights = Buffer.from(Uint8Array.from({ length: 50_000 }, (_, i) => i * 7));
const config = Buffer.from('{"num_attention_heads": 6}');
const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

let server: Server;
let hubUrl = "";
/** What the hub does wrong in a test. */
let status: number | undefined;
let announced = sha256(weights);
let cutAfter: number | undefined;
const ranges: string[] = [];

function answer(request: IncomingMessage, response: ServerResponse): void {
  if (status !== undefined) {
    response.writeHead(status, { "content-type": "application/json" });
    response.end('{"error": "no"}');
    return;
  }
  const url = request.url ?? "";
  if (url.includes("/paths-info/")) {
    const files = [
      {
        type: "file",
        path: "model.safetensors",
        oid: "a",
        size: weights.length,
        lfs: { oid: announced, size: weights.length, pointerSize: 1 },
      },
      { type: "file", path: "config.json", oid: "b", size: config.length },
    ];
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(files));
    return;
  }
  const bytes = url.endsWith("config.json") ? config : weights;
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
  if (range !== null) ranges.push(request.headers.range ?? "");
  const from = Number(range?.[1] ?? 0);
  const to = range?.[2] ? Math.min(Number(range[2]), bytes.length - 1) : bytes.length - 1;
  response.writeHead(range === null ? 200 : 206, {
    etag: '"abc"',
    "content-length": String(to - from + 1),
    "content-range": `bytes ${from}-${to}/${bytes.length}`,
    "accept-ranges": "bytes",
  });
  if (cutAfter === undefined || to - from < cutAfter) response.end(bytes.subarray(from, to + 1));
  else response.write(bytes.subarray(from, from + cutAfter), () => response.destroy());
}

beforeAll(async () => {
  server = createServer(answer);
  await new Promise<void>((done) => {
    server.listen(0, "127.0.0.1", done);
  });
  hubUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(root, { recursive: true });
});
let caches = 0;
let cacheDir = "";
beforeEach(() => {
  cacheDir = join(root, String(caches++));
  [status, announced, cutAfter] = [undefined, sha256(weights), undefined];
  ranges.length = 0;
});

const get = (more: { readonly acceptLicence?: boolean; readonly hubUrl?: string } = {}): Promise<string> =>
  fetchBaseline("dinov2-small", { cacheDir, acceptLicence: true, hubUrl, ...more });

test("the licence comes first, and is asked for once", async () => {
  await expect(get({ acceptLicence: false })).rejects.toMatchObject({
    code: "E_USAGE",
    message: expect.stringMatching(/Apache-2\.0.*https:.*--accept-licence/),
  });
  const folder = await get();
  expect(readFileSync(join(folder, "model.safetensors"))).toEqual(weights);
  expect(readFileSync(join(folder, "config.json"))).toEqual(config);
  const record = JSON.parse(readFileSync(join(folder, "baseline.json"), "utf8")) as Readonly<Record<string, unknown>>;
  expect(record).toMatchObject({ licence: "Apache-2.0", files: { "model.safetensors": { sha256: sha256(weights) } } });
  expect(await get({ acceptLicence: false, hubUrl: "http://127.0.0.1:9" })).toBe(folder);
  expect(await fetchedWeights("dinov2-small", cacheDir)).toBe(join(folder, "model.safetensors"));
  expect(
    listBaselines(cacheDir)
      .filter(({ fetched }) => fetched)
      .map(({ name }) => name),
  ).toEqual(["dinov2-small"]);
});

test("what was not fetched is told with the command", async () => {
  await expect(fetchedWeights("dinov2-base", cacheDir)).rejects.toMatchObject({
    code: "E_DATA",
    message: expect.stringMatching(/lejepa baselines fetch dinov2-base/),
  });
});

test("a file that stopped half-way goes on where it stopped", async () => {
  cutAfter = 20_000;
  await expect(get()).rejects.toMatchObject({ code: "E_IO" });
  await expect(fetchedWeights("dinov2-small", cacheDir)).rejects.toMatchObject({ code: "E_DATA" });
  cutAfter = undefined;
  const part = join(cacheDir, "baselines", ".dinov2-small.part", "model.safetensors");
  // how much arrived before the connection broke is up to the network stack
  if (existsSync(part)) truncateSync(part, 12_345);
  else {
    mkdirSync(join(part, ".."), { recursive: true });
    writeFileSync(part, weights.subarray(0, 12_345));
  }
  const folder = await get();
  expect(readFileSync(join(folder, "model.safetensors"))).toEqual(weights);
  expect(ranges.some((range) => range.startsWith("bytes=12345-"))).toBe(true);
});

test("a file that is not what the hub announced is thrown away", async () => {
  announced = sha256(config);
  await expect(get()).rejects.toMatchObject({
    code: "E_IO",
    message: expect.stringMatching(/not the file.*thrown away/),
  });
  expect(existsSync(join(cacheDir, "baselines", ".dinov2-small.part", "model.safetensors"))).toBe(false);
});

test("a file damaged in the cache is found before it is used", async () => {
  const folder = await get();
  truncateSync(join(folder, "model.safetensors"), 1000);
  await expect(fetchedWeights("dinov2-small", cacheDir)).rejects.toMatchObject({
    code: "E_IO",
    message: expect.stringMatching(/expected the 50000 bytes that were fetched, got 1000 bytes/),
  });
});

test.each([
  [401, /only to accounts that its owner let in.*HF_TOKEN/],
  [403, /only to accounts/],
  [404, /the hub answered 404/],
  [503, /the hub answered 503/],
])("the hub answers %d", async (code, message) => {
  status = code;
  await expect(get()).rejects.toMatchObject({ code: "E_IO", message: expect.stringMatching(message) });
});

test("a hub that cannot be reached, a name that is none", async () => {
  await expect(get({ hubUrl: "http://127.0.0.1:9" })).rejects.toMatchObject({
    code: "E_IO",
    message: expect.stringMatching(/cannot be reached.*give their path/),
  });
  await expect(fetchBaseline("dinov2-smal", { cacheDir, acceptLicence: true })).rejects.toMatchObject({
    code: "E_USAGE",
    message: expect.stringMatching(/mobilenet-v2.*Did you mean dinov2-small\?/),
  });
});

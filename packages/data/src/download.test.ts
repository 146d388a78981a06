import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { caught } from "@lejepa/contracts/testing";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "./_toy.test-helper.ts";
import { download } from "./download.ts";

const content = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * i) % 251));
const digest = { algorithm: "sha256", hex: createHash("sha256").update(content).digest("hex") } as const;

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** Ranges as servers give them. */
const whole: Answer = ({ headers }, response) => {
  const start = Number(/^bytes=(\d+)-/.exec(headers.range ?? "")?.[1] ?? 0);
  if (start >= content.length)
    return response.writeHead(416, { "content-range": `bytes */${content.length}` }).end() as unknown as void;
  const range = { "content-range": `bytes ${start}-${content.length - 1}/${content.length}` };
  response.writeHead(start > 0 ? 206 : 200, start > 0 ? range : {}).end(content.subarray(start));
};
const cutAfter =
  (bytes: number): Answer =>
  (_, response) => {
    response.writeHead(200, { "content-length": content.length });
    response.write(content.subarray(0, bytes), () => response.destroy());
  };

/** A server on this machine that gives these answers in turn, the last one for ever. */
async function serve(...answers: Answer[]): Promise<{ url: string; ranges: (string | undefined)[] }> {
  const ranges: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    ranges.push(request.headers.range);
    (answers[Math.min(ranges.length, answers.length) - 1] as Answer)(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/file`, ranges };
}

/** An address that nobody listens at any more. */
async function closedPort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}/file`;
}

async function setUp(...answers: Answer[]) {
  const folder = await temporaryFolder();
  const { url, ranges } = await serve(...answers);
  const lines: string[] = [];
  const log = (line: string): void => void lines.push(line);
  const fetchIt = (request = {}, options = {}): Promise<string> =>
    download({ url, file: "sub/data.bin", ...request }, { folder, log, ...options });
  return { folder, url, ranges, lines, fetchIt };
}

test("fetches, checks and keeps a file; a second call fetches nothing", async () => {
  const { folder, url, ranges, lines, fetchIt } = await setUp(whole);
  const file = await fetchIt({ digest, bytes: content.length });
  expect(file).toBe(join(folder, "sub", "data.bin"));
  expect(readFileSync(file).equals(content)).toBe(true);
  expect(await fetchIt({ digest })).toBe(file);
  expect([ranges, lines, readdirSync(join(folder, "sub"))]).toEqual([[undefined], [`fetching ${url}`], ["data.bin"]]);
  const md5 = { algorithm: "md5", hex: createHash("md5").update(content).digest("hex") } as const;
  expect(existsSync(await fetchIt({ digest: md5, file: "again" }))).toBe(true);
});

test("goes on where the connection was cut", async () => {
  const { ranges, fetchIt } = await setUp(cutAfter(100_000), whole);
  const error = await caught(() => fetchIt({ digest }));
  expect(error).toMatchObject({ code: "E_IO", hint: "Run it again: it goes on where it stopped." });
  expect(error.message).toContain("stopped in the middle");
  expect(readFileSync(await fetchIt({ digest })).equals(content)).toBe(true);
  expect(ranges).toEqual([undefined, expect.stringMatching(/^bytes=[1-9]\d*-$/)]);
});

test("a server without ranges starts over", async () => {
  const { ranges, fetchIt } = await setUp(cutAfter(100_000), (_, response) => void response.end(content));
  await caught(() => fetchIt({ digest }));
  expect(readFileSync(await fetchIt({ digest })).equals(content)).toBe(true);
  expect(ranges).toHaveLength(2);
});

test("what was left is all of it, or of another file", async () => {
  const { folder, ranges, fetchIt } = await setUp(whole);
  const part = join(folder, "sub", "data.bin.part");
  await caught(() => fetchIt({ bytes: content.length + 1 }));
  expect(readFileSync(part).equals(content)).toBe(true);
  expect(readFileSync(await fetchIt({ digest })).equals(content)).toBe(true);
  writeFileSync(join(folder, "other.part"), Buffer.concat([content, content]));
  expect(readFileSync(await fetchIt({ digest, file: "other" })).equals(content)).toBe(true);
  expect(ranges).toEqual([undefined, "bytes=300000-", "bytes=600000-", undefined]);
});

test("a wrong digest and too many bytes: thrown away, with what was expected", async () => {
  const { folder, url, fetchIt } = await setUp(whole);
  const wrong = { ...digest, hex: "0".repeat(64) };
  expect((await caught(() => fetchIt({ digest: wrong }))).message).toBe(
    `${url}: expected sha256 ${wrong.hex}, got ${digest.hex}. The file was thrown away; fetch it again.`,
  );
  expect((await caught(() => fetchIt({ bytes: 1000 }))).message).toContain("expected 1000 bytes, got more.");
  expect(readdirSync(join(folder, "sub"))).toEqual([]);
});

test("too few bytes, an answer of another kind, a server that is not there", async () => {
  const { url: here, fetchIt } = await setUp(whole, (_, response) => void response.writeHead(404).end());
  expect((await caught(() => fetchIt({ bytes: 300_001 }))).message).toContain("stopped after 300000 of 300001 bytes");
  expect((await caught(() => fetchIt({ file: "b" }))).message).toContain(`${here}: answered 404 Not Found.`);
  const url = await closedPort();
  const nowhere = await caught(() => fetchIt({ url, file: "c" }));
  expect(nowhere).toMatchObject({
    code: "E_IO",
    message: expect.stringContaining("cannot be reached: connect ECONNREFUSED"),
  });
});

test("a long download says how far it is, with and without a known size", async () => {
  const slowly: Answer = (request, response) => {
    if (request.headers["x-size"] !== undefined) return;
    response.write(content.subarray(0, 150_000));
    setTimeout(() => response.end(content.subarray(150_000)), 60);
  };
  const { url, lines, fetchIt } = await setUp(slowly);
  await fetchIt({ bytes: content.length }, { progressMs: 20 });
  expect(lines.at(-1)).toMatch(/^fetching http:\S+: 0\.[23] of 0\.3 MB \(\d+ %\)$/);
  await fetchIt({ file: "b" }, { progressMs: 20 });
  expect(lines.at(-1)?.replace(/ \d\.\d MB$/, " some MB")).toBe(`fetching ${url}: some MB`);
  const before = lines.length;
  await fetchIt({ file: "c" });
  expect(lines).toHaveLength(before + 1);
});

test("stopped on request, it keeps what it has", async () => {
  const controller = new AbortController();
  const { folder, fetchIt } = await setUp((_, response) => {
    response.write(content.subarray(0, 50_000));
    setTimeout(() => controller.abort(), 50);
  }, whole);
  const error = await caught(() => fetchIt({ digest }, { signal: controller.signal }));
  expect(error).toMatchObject({ code: "E_ABORTED", exitCode: 1 });
  expect(statSync(join(folder, "sub", "data.bin.part")).size).toBe(50_000);
  expect(readFileSync(await fetchIt({ digest })).equals(content)).toBe(true);
  const early = await caught(() => fetchIt({ file: "b" }, { signal: AbortSignal.abort() }));
  expect(early.code).toBe("E_ABORTED");
});

test("attempts at once get the right file each; what a killed one left is taken over", async () => {
  const trickle: Answer = (_, response) => {
    response.write(content.subarray(0, 100_000));
    setTimeout(() => response.end(content.subarray(100_000)), 50);
  };
  const { folder, url, ranges, fetchIt } = await setUp(
    trickle,
    trickle,
    trickle,
    (_, response) => void response.write(content.subarray(0, 80_000)),
    whole,
  );
  const files = await Promise.all([fetchIt({ digest }), fetchIt({ digest }), fetchIt({ digest })]);
  expect(new Set(files).size).toBe(1);
  expect(readFileSync(files[0] as string).equals(content)).toBe(true);
  expect(readdirSync(join(folder, "sub"))).toEqual(["data.bin"]);

  const script = fileURLToPath(new URL("../test/download-in-child.mjs", import.meta.url));
  const child = spawn(process.execPath, [script, url, folder, "killed"]);
  const left = (): string | undefined => readdirSync(folder).find((name) => name.startsWith("killed.part-"));
  while (left() === undefined || statSync(join(folder, left() as string)).size < 80_000)
    await new Promise((resolve) => setTimeout(resolve, 20));
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
  expect(readFileSync(await fetchIt({ digest, file: "killed" })).equals(content)).toBe(true);
  expect(ranges.at(-1)).toBe("bytes=80000-");
});

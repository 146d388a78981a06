import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { isLejepaError } from "@lejepa/contracts";
import { expect, test } from "vitest";
import { entry, onDisk, pax, tar, temporary, type Entry } from "./_tar.test-helper.ts";
import { unpack, type UnpackRequest } from "./unpack.ts";

const limits = { entries: 100, entryBytes: 1 << 20, totalBytes: 64 << 20, ratio: 100 };

/** Unpacks and says what came of it: the files, or the error's message. */
async function run(
  archive: Uint8Array,
  more: Partial<UnpackRequest> = {},
): Promise<{ target: string; files: string[]; message: string | undefined }> {
  const path = await onDisk(archive, "x.tar.gz");
  const target = more.target ?? join(await temporary(), "out");
  const message = await unpack({ archive: path, target, top: "top", limits, ...more }).then(
    () => undefined,
    (error: unknown) => {
      if (!isLejepaError(error)) throw error;
      expect(error.message).not.toContain(dirname(path));
      return error.message;
    },
  );
  const files = existsSync(target) ? readdirSync(target, { recursive: true }) : [];
  return { target, files: (files as string[]).map((file) => file.replaceAll("\\", "/")).sort(), message };
}

const good = tar(["top/", "", { type: "Directory" }], ["top/a/1.txt", "one"], ["./top/b.txt", "two"]);

test("files and folders come out as they went in", async () => {
  const { target, files, message } = await run(gzipSync(good));
  expect([message, files]).toEqual([undefined, ["top", "top/a", "top/a/1.txt", "top/b.txt"]]);
  expect(readFileSync(join(target, "top/a/1.txt"), "utf8")).toBe("one");
  // what is there is not touched again
  expect((await run(gzipSync(tar(["top/c", "x"])), { target })).files).toEqual(files);
});

test("the MD5 of the whole archive, bytes after its end included", async () => {
  const packed = gzipSync(Buffer.concat([good, Buffer.alloc(4096)]));
  const md5 = createHash("md5").update(packed).digest("hex");
  expect((await run(packed, { md5 })).message).toBeUndefined();
  const { message, target } = await run(packed, { md5: "0".repeat(32) });
  expect(message).toContain(`x.tar.gz: expected md5 ${"0".repeat(32)}, got ${md5}.`);
  expect(readdirSync(dirname(target))).toEqual([]);
});

const hostile: Record<string, readonly Entry[]> = {
  "an absolute path": [["/etc/cron.d/x", "x"]],
  "a path upwards": [["top/../../x", "x"]],
  "a path upwards at once": [["../x", "x"]],
  "a path with a backslash": [["top\\..\\..\\x", "x"]],
  "a drive": [["C:/x", "x"]],
  "another top folder": [["other/x", "x"]],
  "a symbolic link": [["top/x", "", { type: "SymbolicLink", linkpath: "/etc" }]],
  "a hard link": [["top/x", "", { type: "Link", linkpath: "/etc/passwd" }]],
  "a device": [["top/x", "", { type: "CharacterDevice" }]],
  "a pipe": [["top/x", "", { type: "FIFO" }]],
  "a file twice": [
    ["top/x", "1"],
    ["top/x", "2"],
  ],
  "a file twice in other case": [
    ["top/x", "1"],
    ["top/X", "2"],
  ],
};

test.each(Object.entries(hostile))("%s: refused as a whole, nothing is left", async (_name, entries) => {
  const { message, target } = await run(gzipSync(tar(["top/ok", "fine"], ...entries)));
  expect(message).toMatch(
    /^x\.tar\.gz: expected an archive of plain files, each once, got a .*\. It was not unpacked\.$/,
  );
  expect(readdirSync(dirname(target))).toEqual([]);
});

test("a path upwards in an extended header", async () => {
  const { message } = await run(gzipSync(Buffer.concat([pax({ path: "top/../../x" }), tar(["top/fine", "x"])])));
  expect(message).toContain("a file that is not below top/");
});

const bomb = Array.from({ length: 40 }, (_, i): Entry => [`top/${i}`, Buffer.alloc(1 << 20)]);
test.each<[string, Buffer, Partial<UnpackRequest["limits"]>, string]>([
  ["too many entries", tar(...bomb.map(([name]): Entry => [name, "x"])), { entries: 20 }, "20 entries"],
  ["too large a file", tar(["top/x", Buffer.alloc(2000)]), { entryBytes: 1999 }, "1999 bytes a file"],
  ["too much in all", tar(...bomb), { totalBytes: 30 << 20, ratio: 1e9 }, `${30 << 20} bytes in all`],
  ["a decompression bomb", tar(...bomb), {}, "100 times its own size"],
  ["a bomb after the end", Buffer.concat([good, Buffer.alloc(40 << 20)]), {}, "100 times its own size"],
  ["a size that lies", entry(["top/x", "", { size: 2 ** 33 }]), {}, `${1 << 20} bytes a file`],
])("%s", async (_name, archive, less, message) => {
  const result = await run(gzipSync(archive), { limits: { ...limits, ...less } });
  expect(result.message).toContain(`expected an archive of at most ${message}`);
  expect(readdirSync(dirname(result.target))).toEqual([]);
});

test.each<[string, Buffer, string]>([
  [
    "no gzip",
    Buffer.from("plain text, not an archive"),
    "expected a whole .tar.gz archive, got incorrect header check",
  ],
  ["an empty file", Buffer.of(), "expected a whole .tar.gz archive, got unexpected end of file"],
  ["gzip of something else", gzipSync(Buffer.alloc(2000, "x")), "got no tar archive in it"],
  ["cut gzip", gzipSync(good).subarray(0, -12), "expected a whole .tar.gz archive, got unexpected end of file"],
  ["cut tar", gzipSync(good.subarray(0, 1300)), "got one that is cut off"],
  ["a tar without its end", gzipSync(good.subarray(0, -1024)), "got one that is damaged or cut off"],
])("%s", async (_name, archive, message) => {
  const { message: told, target } = await run(archive);
  expect(told).toContain(message);
  expect(readdirSync(dirname(target))).toEqual([]);
});

test("an interrupted unpacking is gone on with: whole files stay, half ones are written again", async () => {
  const target = join(await temporary(), "out");
  await mkdir(join(`${target}.part`, "top/a"), { recursive: true });
  await writeFile(join(`${target}.part`, "top/a/1.txt"), "ONE");
  await writeFile(join(`${target}.part`, "top/b.txt"), "t");
  const { files } = await run(gzipSync(good), { target });
  expect(files).toEqual(["top", "top/a", "top/a/1.txt", "top/b.txt"]);
  expect(readFileSync(join(target, "top/a/1.txt"), "utf8")).toBe("ONE");
  expect(readFileSync(join(target, "top/b.txt"), "utf8")).toBe("two");
});

test("stops when asked and keeps what is whole", async () => {
  const archive = await onDisk(gzipSync(good), "x.tar.gz");
  const target = join(await temporary(), "out");
  await mkdir(join(`${target}.part`, "top"), { recursive: true });
  await writeFile(join(`${target}.part`, "top/b.txt"), "two");
  const running = unpack({ archive, target, top: "top", limits, signal: AbortSignal.abort() });
  await expect(running).rejects.toThrow("aborted");
  expect(readdirSync(dirname(target))).toEqual([basename(`${target}.part`)]);
  expect(readFileSync(join(`${target}.part`, "top/b.txt"), "utf8")).toBe("two");
});

test("two at once end in one folder", async () => {
  const target = join(await temporary(), "out");
  const results = await Promise.all([1, 2].map(() => run(gzipSync(good), { target })));
  expect(results.map(({ message }) => message)).toEqual([undefined, undefined]);
  expect(existsSync(join(target, "top/b.txt"))).toBe(true);
});

test("an archive that is not there", async () => {
  const archive = join(await temporary(), "none.tar.gz");
  const running = unpack({ archive, target: join(await temporary(), "out"), top: "top", limits });
  await expect(running).rejects.toThrow("none.tar.gz: cannot be unpacked: nothing there.");
});

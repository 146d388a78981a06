import { join } from "node:path";
import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js";
import type { DatasetItem } from "@lejepa/contracts";
import { expect, test } from "vitest";
import { caught, decode, index, makeFolder } from "./_files.test-helper.ts";
import { image, writeDicom } from "./_writer.test-helper.ts";

interface ZipOptions {
  readonly level?: number;
  readonly password?: string;
}

async function zip(files: Readonly<Record<string, Uint8Array>>, options: ZipOptions = {}): Promise<Uint8Array> {
  const writer = new ZipWriter(new Uint8ArrayWriter(), { useWebWorkers: false, level: 6, ...options });
  for (const [name, bytes] of Object.entries(files)) await writer.add(name, new Uint8ArrayReader(bytes));
  return writer.close();
}

const file = (n: number): Uint8Array =>
  writeDicom(image({ "7fe00010": ["OW", Array.from({ length: 16 }, () => n)] }, n));
const first = async (items: readonly DatasetItem[]): Promise<number[]> => {
  const records = await Promise.all(items.map((item) => decode(item, { size: 4, window: "none" })));
  return records.map(({ data }) => data[0] as number);
};

test.each([0, 6])("files in an archive, and in archives in it (level %s)", async (level) => {
  const inner = await zip({ "series/3": file(3), "notes.txt": Buffer.from("x") }, { level });
  const outer = await zip({ "study/1.dcm": file(1), "study/2": file(2), "more.zip": inner }, { level });
  const path = await makeFolder({ "archive.ZIP": outer, "4": file(4) });
  const { items, skipped } = await index({ path });
  expect((await first(items)).sort()).toEqual([1, 2, 3, 4]);
  expect(skipped).toEqual([{ reason: "not DICOM: .txt files", count: 1, examples: [] }]);
  const alone = await index({ path: join(path, "archive.ZIP"), label: "top-folder" });
  expect(alone.items.map(({ label }) => label)).toEqual(["archive.ZIP", "archive.ZIP", "archive.ZIP"]);
});

test("archives that are damaged, encrypted, or lie about sizes", async () => {
  const good = Buffer.from(await zip({ a: file(1) }));
  const lying = Buffer.from(await zip({ a: Buffer.concat([file(5), Buffer.alloc(1 << 20)]) }));
  const directory = lying.indexOf(Buffer.from([0x50, 0x4b, 1, 2]));
  lying.writeUInt32LE(500, directory + 24);
  const path = await makeFolder({
    image: file(9),
    "cut.zip": good.subarray(0, good.length - 30),
    "secret.zip": await zip({ a: file(2) }, { password: "x" }),
    "lying.zip": lying,
    "text.zip": "not an archive",
  });
  const { items, skipped } = await index({ path });
  expect(items).toHaveLength(1);
  expect(Object.fromEntries((skipped ?? []).map(({ reason, count }) => [reason, count]))).toEqual({
    "archives that cannot be read": 1,
    "encrypted in an archive": 1,
    "not DICOM: .zip files": 1,
    "unusable: is damaged in its archive, or larger than the archive says": 1,
  });
});

test("an entry that is no longer there", async () => {
  const path = await makeFolder({ "a.zip": await zip({ a: file(1) }) });
  const { items } = await index({ path });
  const item = items[0] as DatasetItem;
  const entries = [{ offset: 3, compressedSize: 10, size: 10, method: 0 }];
  const { code, message } = await caught(() => decode({ ...item, source: { ...item.source, entries } }));
  expect([code, message]).toEqual(["E_DECODE", "DICOM file: is in a damaged archive."]);
});

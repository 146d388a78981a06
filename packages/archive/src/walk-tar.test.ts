import * as fc from "fast-check";
import { expect, test } from "vitest";
import { entry, onDisk, pax, tar } from "./_tar.test-helper.ts";
import { readEntry, walkTar } from "./walk-tar.ts";

test("entries by their offsets, whatever they are called", async () => {
  const long = `${"x".repeat(120)}/${"ü".repeat(80)}.txt`;
  const gnu = entry([`././@LongLink`, `${long}\0`, { type: "NextFileHasLongPath" }]);
  const path = await onDisk(
    Buffer.concat([
      entry(["a.txt", "one"]),
      entry(["folder/", "", { type: "Directory" }]),
      pax({ path: long }),
      entry(["short", "two"]),
      gnu,
      entry(["short", "three"]),
      entry(["link", "", { type: "SymbolicLink", linkpath: "/etc/passwd" }]),
      tar(["b/empty.txt"], ["c", Buffer.alloc(512, "c")]),
    ]),
  );
  const { entries, others, damage } = walkTar(path);
  expect(entries.map(({ name }) => name)).toEqual(["a.txt", long, long, "b/empty.txt", "c"]);
  expect(entries.map((each) => readEntry(path, each).toString())).toEqual(["one", "two", "three", "", "c".repeat(512)]);
  expect([others, damage]).toEqual([1, undefined]);
  const small = walkTar(path, (name, bytes) => bytes < 4 && name !== "a.txt").entries;
  expect(small.map(({ contents }) => contents?.toString())).toEqual([undefined, "two", undefined, "", undefined]);
});

test("cut anywhere: the entries before the cut, and the name of the one that is not whole", async () => {
  const whole = tar(["1", "x".repeat(700)], ["2", "y".repeat(10)]);
  const names = async (length: number) => {
    const { entries, damage } = walkTar(await onDisk(whole.subarray(0, length)));
    return [entries.map(({ name }) => name).join(), damage?.reason, damage?.name];
  };
  expect(await names(0)).toEqual(["", "cut off", undefined]);
  expect(await names(511)).toEqual(["", "cut off", undefined]);
  expect(await names(512)).toEqual(["", "cut off", "1"]);
  expect(await names(512 + 700)).toEqual(["1", "cut off", undefined]);
  expect(await names(2048 + 5)).toEqual(["1", "cut off", "2"]);
  expect(await names(2048 + 512)).toEqual(["1,2", "cut off", undefined]);
  expect(await names(2048 + 1024)).toEqual(["1,2", undefined, undefined]);
});

test("any bytes end in entries that lie inside the file", async () => {
  const whole = tar(["1", "x".repeat(700)], ["2", "y"]);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 12 }),
      async (changes) => {
        const bytes = Buffer.from(whole);
        for (const [at, value] of changes) bytes[at] = value;
        const { entries } = walkTar(await onDisk(bytes));
        for (const { offset, bytes: length } of entries) expect(offset + length).toBeLessThanOrEqual(bytes.length);
      },
    ),
    { numRuns: 100 },
  );
});

test("an extended header of more than 1 MiB is damage", async () => {
  const huge = entry(["pax", Buffer.alloc((1 << 20) + 1, " "), { type: "ExtendedHeader" }]);
  expect(walkTar(await onDisk(Buffer.concat([huge, tar(["a", "b"])]))).damage?.reason).toBe("damaged");
});

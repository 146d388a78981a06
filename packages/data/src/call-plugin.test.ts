import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { caught } from "@lejepa/contracts/testing";
import { expect, test } from "vitest";
import { inspectToy } from "./_inspect-toy.test-helper.ts";
import { temporaryFolder } from "./_toy.test-helper.ts";
import { type CallOptions, createInspector } from "./call-plugin.ts";

async function inspect(text: string, call: Partial<CallOptions> = {}): Promise<unknown> {
  const cacheDir = await temporaryFolder();
  const path = join(cacheDir, "file.toy");
  writeFileSync(path, text);
  const inspector = createInspector(inspectToy as never, { cacheDir, ...call });
  try {
    return await inspector.inspect(path, { stage: "values", frame: 3, options: { path, add: -5 } });
  } finally {
    await inspector.close();
  }
}

test("looks at a file in a process of its own", async () => {
  const seen = await inspect("four");
  expect(seen).toMatchObject({ facts: { stage: "values", frame: 3 }, dtype: "int16", data: Int16Array.of(4, -5) });
});

test("a file that crashes the decoder ends in a sentence", async () => {
  const error = await caught(() => inspect("abort"));
  expect(error).toMatchObject({ code: "E_DATA", message: expect.stringMatching(/the decoder crashed/) as string });
});

test("a file that hangs the decoder does, too", async () => {
  const error = await caught(() => inspect("hang", { limits: { seconds: 3, megabytes: 1024 } }));
  expect(error).toMatchObject({ code: "E_DATA", message: expect.stringMatching(/took longer than/) as string });
});

test("a plugin's own error arrives with its parts", async () => {
  const error = await caught(() => inspect("typed"));
  expect(error).toMatchObject({ code: "E_DATA", where: "toy", got: "this", hint: "Ask again." });
});

test("any other error arrives with its message", async () => {
  await expect(inspect("broken")).rejects.toThrow(/^cannot read .*it is broken$/s);
});

test("stops when asked to", async () => {
  await expect(inspect("hang", { signal: AbortSignal.timeout(500) })).rejects.toThrow(/abort|timeout/i);
});

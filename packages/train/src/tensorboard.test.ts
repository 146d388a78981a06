import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import protobuf from "protobufjs";
import { expect, test } from "vitest";
import { createEventWriter } from "./tensorboard.ts";
import { temporaryFolder } from "./_toy.test-helper.ts";

// the fields of TensorFlow's event.proto and summary.proto that TensorBoard reads for scalars
const { root } = protobuf.parse(`
  syntax = "proto3";
  message Value { string tag = 1; float simple_value = 2; }
  message Summary { repeated Value value = 1; }
  message SessionLog { int32 status = 1; }
  message Event {
    double wall_time = 1; int64 step = 2;
    oneof what { string file_version = 3; Summary summary = 5; SessionLog session_log = 7; }
  }
`);

// bit by bit, unlike the table of the library that the writer uses
function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

const unmask = (masked: number): number => {
  const rotated = (masked - 0xa282ead8) >>> 0;
  return ((rotated >>> 17) | (rotated << 15)) >>> 0;
};

function readEvents(bytes: Buffer): Record<string, unknown>[] {
  const Event = root.lookupType("Event");
  const events: Record<string, unknown>[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at));
    expect(unmask(bytes.readUInt32LE(at + 8))).toBe(crc32c(bytes.subarray(at, at + 8)));
    const data = bytes.subarray(at + 12, at + 12 + length);
    expect(unmask(bytes.readUInt32LE(at + 12 + length))).toBe(crc32c(data));
    events.push(Event.toObject(Event.decode(data), { longs: Number }));
    at += 16 + length;
  }
  return events;
}

test("event files hold what TensorBoard reads: version, session start, scalars; checksums hold", () => {
  expect(crc32c(new TextEncoder().encode("123456789"))).toBe(0xe3069283);
  const folder = temporaryFolder();
  const writer = createEventWriter(folder, 7);
  writer.scalars(8, { loss: 0.5, broken: Number.NaN, "probe/knn": 0.25 });
  writer.scalars(3_000_000_000, { loss: 0.25 });
  writer.close();
  const [name = ""] = readdirSync(folder);
  expect(name).toMatch(/^events\.out\.tfevents\.\d{10}\.lejepa\./);
  const [version, session, first, second] = readEvents(readFileSync(join(folder, name)));
  expect(version).toMatchObject({ fileVersion: "brain.Event:2" });
  expect(session).toMatchObject({ step: 7, sessionLog: { status: 1 } });
  expect(first).toMatchObject({
    step: 8,
    summary: {
      value: [
        { tag: "loss", simpleValue: 0.5 },
        { tag: "probe/knn", simpleValue: 0.25 },
      ],
    },
  });
  expect(second).toMatchObject({ step: 3_000_000_000 });
  expect(Math.abs((first?.["wallTime"] as number) - Date.now() / 1000)).toBeLessThan(60);
});

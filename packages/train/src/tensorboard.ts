// Scalars in TensorBoard's event files: TFRecord framing (length, masked CRC-32C) around `Event` messages. Own writer because
// npm's only other one needs libtensorflow; written against the published format. Scalars only.
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { crc32c } from "@aws-crypto/crc32c";
import protobuf from "protobufjs/minimal.js";
import { withFileErrors, writeFully } from "@lejepa/data";

/** An open event file. */
export interface EventWriter {
  /** Appends values at a step; those that are not finite are left out. */
  scalars(step: number, values: Readonly<Record<string, number>>): void;
  close(): void;
}

/** Field numbers of tensorflow/core/util/event.proto and framework/summary.proto, with their wire types. */
const field = {
  wallTime: (1 << 3) | 1,
  step: (2 << 3) | 0,
  fileVersion: (3 << 3) | 2,
  summary: (5 << 3) | 2,
  sessionLog: (7 << 3) | 2,
  sessionStatus: (1 << 3) | 0,
  summaryValue: (1 << 3) | 2,
  tag: (1 << 3) | 2,
  simpleValue: (2 << 3) | 5,
};

/**
 * Starts a new event file in `folder`.
 *
 * A session start at `firstStep` is recorded, so that TensorBoard drops what an earlier file of a resumed run has from
 * that step on.
 *
 * @throws LejepaError E_IO
 */
export function createEventWriter(folder: string, firstStep: number): EventWriter {
  const seconds = Math.floor(Date.now() / 1000);
  const path = join(folder, `events.out.tfevents.${seconds}.lejepa.${process.pid}.${firstStep}`);
  const handle = withFileErrors(path, () => openSync(path, "a"));
  const append = (event: protobuf.Writer): void =>
    withFileErrors(path, () => writeFully(handle, record(event.finish())));
  append(start(0).uint32(field.fileVersion).string("brain.Event:2"));
  append(start(firstStep).uint32(field.sessionLog).fork().uint32(field.sessionStatus).int32(1).ldelim());
  return {
    scalars(step, values) {
      const event = start(step).uint32(field.summary).fork();
      for (const [tag, value] of Object.entries(values)) {
        if (!Number.isFinite(value)) continue;
        event
          .uint32(field.summaryValue)
          .fork()
          .uint32(field.tag)
          .string(tag)
          .uint32(field.simpleValue)
          .float(value)
          .ldelim();
      }
      append(event.ldelim());
    },
    close: () => closeSync(handle),
  };
}

function start(step: number): protobuf.Writer {
  return protobuf.Writer.create()
    .uint32(field.wallTime)
    .double(Date.now() / 1000)
    .uint32(field.step)
    .int64(step);
}

/** `uint64 length, uint32 masked crc of length, data, uint32 masked crc of data`, little-endian. */
function record(data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + data.length + 4);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc(bytes.subarray(0, 8)), true);
  bytes.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc(data), true);
  return bytes;
}

function maskedCrc(data: Uint8Array): number {
  const crc = crc32c(data);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

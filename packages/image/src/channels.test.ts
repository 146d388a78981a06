import * as fc from "fast-check";
import { expect, test } from "vitest";
import { toChannels, toDepth } from "./channels.ts";

const bytes = (channels: number) =>
  fc
    .uint8Array({ minLength: channels, maxLength: 20 * channels })
    .map((data) => data.slice(0, data.length - (data.length % channels)));
const samples = (data: Uint8Array | Uint16Array, channels: number) => ({
  data,
  width: data.length / channels,
  height: 1,
  channels,
});

test("gray to colour and back is lossless; so are 8 to 16 bits and back", () => {
  fc.assert(
    fc.property(bytes(1), (gray) => {
      const colour = toChannels(samples(gray, 1), 3);
      expect(toChannels(samples(colour, 3), 1)).toEqual(gray);
      expect(toDepth(toDepth(gray, 16), 8)).toEqual(gray);
      expect(toDepth(gray, 8)).toBe(gray);
    }),
  );
});

test("known lumas", () => {
  const colours = Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0);
  expect(toChannels(samples(colours, 3), 1)).toEqual(Uint8Array.of(76, 150, 29, 255, 0));
  expect(toDepth(Uint8Array.of(0, 1, 255), 16)).toEqual(Uint16Array.of(0, 257, 65535));
  expect(toDepth(Uint16Array.of(0, 128, 129, 65535), 8)).toEqual(Uint8Array.of(0, 0, 1, 255));
});

test("a fourth channel: opaque when there is none, alpha when there is", () => {
  expect(toChannels(samples(Uint16Array.of(1, 2, 3), 3), 4)).toEqual(Uint16Array.of(1, 2, 3, 65535));
  expect(toChannels(samples(Uint8Array.of(9, 4), 2), 4)).toEqual(Uint8Array.of(9, 9, 9, 4));
  expect(toChannels(samples(Uint8Array.of(9, 4), 2), 1)).toEqual(Uint8Array.of(9));
});

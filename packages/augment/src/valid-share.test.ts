import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { validShare } from "./valid-share.ts";

const [height, width] = [7, 5];
const masks = fc.uint8Array({ min: 0, max: 1, minLength: height * width, maxLength: height * width });
const bound = fc.integer({ min: -3, max: 9 });

test.prop([masks, bound, bound, bound, bound])(
  "is the share of ones in the box, as counted",
  (mask, top, left, h, w) => {
    const box = { top, left, height: Math.abs(h), width: Math.abs(w) };
    let [valid, pixels] = [0, 0];
    for (let y = Math.max(0, top); y < Math.min(height, top + box.height); y++)
      for (let x = Math.max(0, left); x < Math.min(width, left + box.width); x++) {
        valid += mask[y * width + x] as number;
        pixels += 1;
      }
    const share = validShare(mask, { height, width });
    if (share === undefined) expect(mask.every((bit) => bit === 1)).toBe(true);
    else expect(share(box)).toBe(pixels === 0 ? 0 : valid / pixels);
  },
);

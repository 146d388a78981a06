// The precision policy of every device: the configuration's table, and the tests' oracle. How far off each device may be is
// in error-bounds.ts.
import { devicePrecisions as configured, LejepaError, type precisions } from "@lejepa/contracts";
import type { DeviceName } from "./engine.ts";

/** How exactly products are computed; see `precisions` of @lejepa/contracts. */
export type Precision = (typeof precisions)[number];

const devicePrecisions: Readonly<Record<DeviceName, readonly Precision[]>> = { ...configured, reference: ["float32"] };

/**
 * Refuses what a device does not have.
 *
 * @throws LejepaError E_DEVICE
 */
export function checkPrecision(device: DeviceName, precision: string): void {
  const known: readonly string[] = devicePrecisions[device];
  if (known.includes(precision)) return;
  const others = Object.entries(devicePrecisions).filter(([, list]) => (list as readonly string[]).includes(precision));
  throw new LejepaError({
    code: "E_DEVICE",
    where: `precision on ${device}`,
    expected: known.join(" or "),
    got: precision,
    hint: others.length === 0 ? undefined : `It is there on ${others.map(([name]) => name).join(", ")}.`,
  });
}

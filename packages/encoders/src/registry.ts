// Encoders by name. Not a plugin system: an encoder of one's own is any object with the Encoder interface.
import { LejepaError, nearest } from "@lejepa/contracts";
import type { Encoder } from "./contract.ts";
import { createResNet, type ResNetName, type ResNetOptions, resnetNames } from "./resnet.ts";
import { createVit, type VitName, type VitOptions, vitNames } from "./vit.ts";

/** A built-in encoder. */
export type EncoderName = VitName | ResNetName;

/** Every built-in name, small to large. */
export const encoderNames: readonly EncoderName[] = Object.freeze([...vitNames, ...resnetNames]);

const isVit = (name: string): name is VitName => vitNames.some((known) => known === name);
const isResNet = (name: string): name is ResNetName => resnetNames.some((known) => known === name);

/**
 * The built-in encoder of that name.
 *
 *     const encoder = createEncoder("vit_tiny", { imageSize: 64, patchSize: 8 });
 *
 * @throws LejepaError E_CONFIG for an unknown name or option (with the nearest known one), or a wrong value
 */
export function createEncoder(name: VitName, options?: VitOptions): Encoder;
export function createEncoder(name: ResNetName, options?: ResNetOptions): Encoder;
export function createEncoder(name: string, options?: Readonly<Record<string, unknown>>): Encoder;
export function createEncoder(name: string, options: object = {}): Encoder {
  if (isVit(name)) return createVit(name, options);
  if (isResNet(name)) return createResNet(name, options);
  const similar = nearest(name, encoderNames);
  throw new LejepaError({
    code: "E_CONFIG",
    where: "createEncoder",
    expected: `one of the encoders ${encoderNames.join(", ")}`,
    got: JSON.stringify(name),
    hint: similar === undefined ? undefined : `Did you mean ${JSON.stringify(similar)}?`,
  });
}

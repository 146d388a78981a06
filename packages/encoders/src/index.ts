/**
 * ViT and ResNet encoders with timm's names, shapes and initialisation, as pure functions over tfjs ops; the projector;
 * parameters as one flat vector; safetensors.
 *
 *     const encoder = createEncoder("vit_tiny", { imageSize: 64, patchSize: 8 });
 *     const values = initialise(encoder.params, 0);
 *     const { embedding } = encoder.forward(tensors, images, { training: false });
 *
 * @module
 */
export type {
  BlockTokens,
  Encoder,
  Features,
  ForwardContext,
  InitSpec,
  Params,
  ParamSpec,
  Projector,
  TokenReader,
} from "./contract.ts";
export { type DinoFacts, dinoWeights, type DinoWeights } from "./dino-weights.ts";
export {
  type FlatEntry,
  type FlatLayout,
  flatLayout,
  flatRow,
  flatten,
  pack,
  unflatten,
  unpack,
} from "./flat-layout.ts";
export { fromHalf, toHalf } from "./_number-formats.ts";
export { initialise } from "./initialise.ts";
export { createProjector, type ProjectorOptions } from "./projector.ts";
export { createEncoder, type EncoderName, encoderNames } from "./registry.ts";
export type { ResNetName, ResNetOptions } from "./resnet.ts";
export {
  readSafetensors,
  type Safetensors,
  type StoredTensor,
  safetensorsChunks,
  type TensorToStore,
  writeSafetensors,
} from "./safetensors.ts";
export type { VitName, VitOptions } from "./vit.ts";
export { selectWeights, withShapes } from "./weights.ts";

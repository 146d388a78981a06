/** ViT and ResNet encoders with timm names and initialisation, as pure functions over tfjs ops; safetensors.
 * @module */
export {};

/**
 * Dataset plugin for Food-101.
 *
 *     const dataset = bindDataset(food101, { path: "food-101.tar.gz" });
 *
 * @module
 */
export { food101 } from "./plugin.ts";
export { food101Options, type Food101Options } from "./options.ts";

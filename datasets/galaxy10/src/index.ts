/**
 * Dataset plugin for Galaxy10 and HDF5 files of its layout.
 *
 *     const dataset = bindDataset(galaxy10, { path: "Galaxy10_DECals.h5" });
 *
 * @module
 */
export { galaxy10 } from "./plugin.ts";
export { galaxy10Options, type Galaxy10Options } from "./options.ts";

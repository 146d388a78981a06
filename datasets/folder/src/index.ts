/**
 * Dataset plugin for a folder of images.
 *
 *     const dataset = bindDataset(folder, { path: "photos" });
 *
 * @module
 */
export { folder } from "./plugin.ts";
export { folderOptions, type FolderOptions } from "./options.ts";

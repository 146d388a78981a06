/**
 * Dataset plugin for rasters of satellites and aircraft.
 *
 *     const dataset = bindDataset(geotiff, { path: "scenes", sensor: "sentinel-2", chips: { size: 256 } });
 *
 * A scene is one file, or one file a band (`pattern`); its chips become items (`index-scenes.ts`), each read with no more than
 * the tiles it touches (`read-scene.ts`) by the TIFF reader in `tiff/`.
 *
 * @module
 */
export { geotiff } from "./plugin.ts";
export { geotiffOptions, type GeotiffOptions } from "./options.ts";

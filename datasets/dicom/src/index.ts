/**
 * Dataset plugin for DICOM.
 *
 *     const dataset = bindDataset(dicom, { path: "studies" });
 *
 * @module
 */
export { dicom } from "./plugin.ts";
export { dicomOptions, type DicomOptions } from "./options.ts";

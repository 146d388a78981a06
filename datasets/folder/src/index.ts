/** Folder-of-images dataset plugin of lejepa.
 * @module */
export {};

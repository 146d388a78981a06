/** Multi-crop views of a batch as one traced graph on the training device.
 * @module */
export {};

/** Index, decode cache, splits, statistics, samplers and worker pool.
 * @module */
export {};

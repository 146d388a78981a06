/** Frozen features, kNN and linear probes, baselines and their statistics.
 * @module */
export {};

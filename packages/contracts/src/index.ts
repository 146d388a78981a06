/** Dataset and augmentation contracts, config schema, errors and seeded random streams of lejepa.
 * @module */
export {};

/**
 * The `lejepa` command as a function, and the two steps that every verb starts with: reading a configuration and finding
 * the dataset it names. The work itself is in the other packages.
 *
 *     const status = await main(["pretrain", "--data", "photos", "--out", "runs/first"]);
 *
 * @module
 */
export { main } from "./main.ts";
export { type ConfigFlags, resolveConfig } from "./resolve-config.ts";
export { loadDataset } from "./load-dataset.ts";

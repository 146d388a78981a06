// Which layer may import which: the one table behind the ESLint boundaries, the graph test and CONTRIBUTING.
// Not a list of packages: a package says its layer itself (`nx.tags` in its package.json).

/** Layer -> the layers it may depend on. A layer not named here may depend on nothing (nx fails closed). */
export const layers = {
  contracts: ["contracts"],
  engine: ["contracts"],
  method: ["contracts", "engine"],
  data: ["contracts"],
  // what several datasets share: decoders, nothing that knows a dataset
  "dataset-lib": ["contracts", "dataset-lib"],
  dataset: ["contracts", "dataset-lib"],
  eval: ["contracts", "engine", "method", "data"],
  train: ["contracts", "engine", "method", "data", "eval"],
  report: ["contracts", "engine", "method", "data", "eval", "train"],
  app: ["contracts", "engine", "method", "data", "dataset-lib", "dataset", "train", "eval", "report", "app"],
  tool: ["contracts", "engine", "method", "data", "dataset-lib", "dataset", "train", "eval", "report", "app", "tool"],
};

/** Packages that must run wherever JavaScript runs: no Node built-ins in their sources. */
export const universalPackages = ["contracts", "core", "encoders", "augment"];

const testTools = ["vitest", "vitest/*", "fast-check", "@fast-check/vitest"];

/**
 * npm packages by layer: contracts lists what it may use, the method must not see a device or a decoder
 * @type {Record<string, { allowedExternalImports?: string[], bannedExternalImports?: string[] }>}
 */
const externals = {
  contracts: { allowedExternalImports: ["zod", "zod/*", ...testTools] },
  method: {
    bannedExternalImports: ["onnxruntime*", "koffi", "sharp", "@tensorflow/tfjs-node*", "@tensorflow/tfjs-backend*"],
  },
};

/** `depConstraints` of @nx/enforce-module-boundaries. */
export const depConstraints = Object.entries(layers).map(([layer, allowed]) => ({
  sourceTag: `layer:${layer}`,
  onlyDependOnLibsWithTags: allowed.map((name) => `layer:${name}`),
  ...externals[layer],
}));

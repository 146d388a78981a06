// Takes one batch of a 4x4x3 toy store and ends without closing the loader: node forget-loader.mjs IMAGES
import { createBatchLoader, createSampler } from "../dist/index.js";

const [imagesFile] = process.argv.slice(2);
const store = { imagesFile, headerBytes: 128, rowElements: 48, dtype: "uint8", labels: new Int32Array(30) };
const sampler = createSampler(
  Uint32Array.from({ length: 30 }, (_, i) => i),
  { batchSize: 8, seed: 0 },
);
const { rows } = await createBatchLoader(store, { sampler }).next();
process.stdout.write(String(rows.length));

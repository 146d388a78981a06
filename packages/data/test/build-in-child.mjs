// Builds a toy store in a process of its own, from the built files: node build-in-child.mjs TOYS CACHE MILLISECONDS
import { createHash } from "node:crypto";
import { bindDataset } from "@lejepa/contracts";
import { createJiti } from "jiti";
import { buildStore } from "../dist/index.js";

const [path, cacheDir, slow] = process.argv.slice(2);
const jiti = createJiti(import.meta.url, { fsCache: false });
const { toy } = await jiti.import("../src/_toy-dataset.test-helper.ts");
const store = await buildStore(bindDataset(toy, { path, slow: Number(slow) }), {
  size: 4,
  channels: 3,
  cacheDir,
  workers: 2,
});
const rows = store.items.map((_, row) => row);
const pixels = createHash("sha256").update(store.read(rows)).digest("hex");
store.close();
process.stdout.write(JSON.stringify({ count: store.count, pixels, fingerprint: store.fingerprint }));

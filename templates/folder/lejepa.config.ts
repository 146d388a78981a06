// What is trained, on what, and how. Every key has a default but `dataset`; a misspelt one is refused by name.
// Override any of it for one run: `lejepa pretrain --set schedule.epochs=20`.
import { defineConfig } from "@lejepa/contracts";

export default defineConfig({
  // A folder of images, nested as you like. Images in folders named after classes, or a CSV of labels, are used only
  // to measure the encoder, never to train it. `--data PATH` replaces the path.
  dataset: { id: "folder", options: { path: "images" } },

  data: {
    // Images are decoded once, to this size, into .lejepa/cache. Not smaller than `views.globalSize`.
    imageSize: 96,
    channels: 3,
    // Held out for `lejepa compare`. Groups (one patient, one scene) are never torn apart.
    splits: { validation: 0.1, test: 0.2 },
  },

  // Each image is seen as a few crops, which the encoder learns to describe alike.
  views: { globals: 2, globalSize: 64, locals: 2, localSize: 32 },

  // Only changes after which the image still means the same: a policy for photographs. Others: galaxy, satellite-optical,
  // medical, ... (`lejepa plan` names the one that suits). Any setting of it is changed by name:
  // `augment: { policy: "natural", colorJitter: { hue: 0.05 }, solarize: { probability: 0 } }`.
  augment: { policy: "natural" },

  // vit_nano, vit_tiny, vit_small, ... or resnet10, resnet18, ...: small ones for few images or few cores.
  encoder: { name: "vit_nano", patchSize: 8 },

  // The one hyper-parameter of LeJEPA: how hard embeddings are pushed towards a Gaussian.
  objective: { lambda: 0.02 },

  schedule: { epochs: 100 },
  batchSize: 128,
  seed: 0,
});

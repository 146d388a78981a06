// `lejepa preview`: what training would see. Draws the views of a few images as training does, shows them, and measures how hard they
// are. Trains nothing.
import { configuredEngine } from "@lejepa/engine";
import { drawPreview, randomEncoder } from "@lejepa/eval";
import { createModel } from "@lejepa/train";
import { listenForInterrupt } from "../interrupt.ts";
import type { Output } from "../output.ts";
import { preparePreview } from "../preview/prepare.ts";
import { type PreviewDocument, previewDocument } from "../preview/preview-document.ts";
import { type ConfigFlags, type ReadyConfig, resolveConfig } from "../resolve-config.ts";
import { makeFolderOf, refuseExisting, writeNew } from "../tables.ts";

/** Flags of the verb. */
export interface PreviewFlags extends ConfigFlags {
  /** Images to show. */
  readonly items: number;
  readonly html: string;
  readonly png: string;
  readonly overwrite?: boolean;
}

// enough for a mean over images with a narrow interval, quick on a CPU
const measured = 64;

/** Writes the page and the sheet; the result says how hard the views are. */
export async function preview(flags: PreviewFlags, output: Output): Promise<void> {
  const replace = flags.overwrite ?? false;
  const files = { html: flags.html, png: flags.png };
  // before the work, and again when writing
  if (!replace) for (const file of Object.values(files)) refuseExisting(file);
  const config = await resolveConfig(flags, { note: output.note });
  const interrupt = listenForInterrupt(() => output.note("stopping"));
  try {
    const document = await drawAll(config, {
      items: flags.items,
      files,
      replace,
      signal: interrupt.signal,
      note: output.note,
    });
    output.result(document, describe(document));
  } finally {
    interrupt.release();
  }
}

interface Job {
  readonly items: number;
  readonly files: PreviewDocument["files"];
  readonly replace: boolean;
  readonly signal: AbortSignal;
  note(line: string): void;
}

async function drawAll(config: ReadyConfig, { items, files, replace, signal, note }: Job): Promise<PreviewDocument> {
  const images = await preparePreview(config, { images: Math.max(items, measured), seed: config.seed, signal, note });
  const { store, config: resolved, views } = images.data;
  const { encoder } = createModel(resolved);
  const engine = await configuredEngine(config);
  try {
    note(`drawing the views of ${store.count} images ...`);
    const groups = await drawPreview(engine, {
      views,
      encoder,
      values: randomEncoder(encoder, config.seed),
      store,
      rows: images.items.map((_, row) => row),
      items: images.items,
      seed: config.seed,
      signal,
    });
    // spread over the sample, which is in the dataset's order
    const count = Math.min(items, store.count);
    const shown = Array.from({ length: count }, (_, i) => Math.floor((i * store.count) / count));
    const drawing = { images, groups, shown, config, files };
    const document = previewDocument(drawing);
    const [{ drawPictures }, { previewPage }, { sheetPng }] = await Promise.all([
      import("../preview/pictures.ts"),
      import("../preview/page.ts"),
      import("../preview/sheet.ts"),
    ]);
    const pictures = await drawPictures(drawing);
    const png = await sheetPng(document, pictures);
    for (const [file, bytes] of [
      [files.html, new TextEncoder().encode(previewPage(document, pictures))],
      [files.png, png],
    ] as const) {
      makeFolderOf(file);
      writeNew(file, [bytes], { replace });
    }
    return document;
  } finally {
    store.close();
    await engine.dispose();
  }
}

function describe({ augmentation, difficulty, advice, files, items }: PreviewDocument): string {
  const pairs = (name: string, of: PreviewDocument["difficulty"]["globals"]): string[] =>
    of === null ? [] : [`${name}: ${told(of.pixels)} by pixels, ${told(of.features)} by random features`];
  const told = ({ auroc, halfWidth }: { readonly auroc: number; readonly halfWidth: number | null }): string =>
    `${auroc.toFixed(2)}${halfWidth === null ? "" : ` ± ${halfWidth.toFixed(2)}`}`;
  return [
    `policy ${augmentation.policy}: ${augmentation.title}`,
    ...augmentation.operations.map(({ name, reason }) => `  ${name}: ${reason}`),
    ...augmentation.notes.map((note) => `  (${note})`),
    `views of one image against views of others (AUROC over ${difficulty.images} images; 0.5 is chance)`,
    ...pairs("  two global views", difficulty.globals),
    ...pairs("  global and local", difficulty.globalWithLocal),
    ...(advice.length === 0 ? ["nothing stands out"] : advice.map((line) => `advice: ${line}`)),
    `${items.length} images with their views in ${files.html} and ${files.png}`,
  ].join("\n");
}

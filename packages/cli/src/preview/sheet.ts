// The contact sheet as one PNG: a row an image, the original first, words below each view. Text needs a font on this machine; the page
// (page.ts) does not.
import { html, type Html } from "@lejepa/report";
import type { ItemPictures } from "./pictures.ts";
import { pictureSide } from "./pictures.ts";
import type { PreviewDocument } from "./preview-document.ts";

const gap = 10;
const line = 12;
const top = 44;
const characters = 23;

interface Cell {
  readonly picture: Buffer;
  readonly heading: string;
  readonly lines: readonly string[];
}

/** PNG bytes. */
export async function sheetPng(document: PreviewDocument, pictures: readonly ItemPictures[]): Promise<Buffer> {
  const { default: sharp } = await import("sharp");
  const rows = document.items.map((item, i) => cellsOf(item, pictures[i] as ItemPictures));
  const columns = Math.max(1, ...rows.map(({ length }) => length));
  const width = gap + columns * (pictureSide + gap);
  const overlays: { input: Buffer; left: number; top: number }[] = [];
  const texts: Html[] = [
    text(gap, 18, `${document.augmentation.policy}: ${document.augmentation.title}`, 14),
    text(gap, 34, subtitle(document), 10),
  ];
  let y = top;
  for (const cells of rows) {
    for (const [column, { picture, heading, lines }] of cells.entries()) {
      const x = gap + column * (pictureSide + gap);
      overlays.push({ input: picture, left: x, top: y });
      for (const [i, words] of [heading, ...lines].entries())
        texts.push(text(x, y + pictureSide + line * (i + 1), words, i === 0 ? 10 : 9));
    }
    y += pictureSide + line * (2 + Math.max(...cells.map(({ lines }) => lines.length)));
  }
  const height = y + gap;
  const words = html`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif">${texts}</svg>`;
  return sharp({ create: { width, height, channels: 3, background: "#ffffff" } })
    .composite([...overlays, { input: Buffer.from(words.html), left: 0, top: 0 }])
    .png({ compressionLevel: 9 })
    .toBuffer();
}

function subtitle({ stored, shown, views, difficulty: { globals } }: PreviewDocument): string {
  const [black, white] = stored.range.map((value) => String(Number(value.toPrecision(5))));
  const groups = views.map(({ name, views: count, size }) => `${count} ${name} of ${size} px`).join(", ");
  const told =
    globals === null
      ? ""
      : `; AUROC of global pairs ${globals.pixels.auroc.toFixed(2)} by pixels, ${globals.features.auroc.toFixed(2)} by random features`;
  return `${groups}; ${shown}, ${black} black to ${white} white${told}`;
}

function text(x: number, y: number, words: string, size: number): Html {
  return html`<text x="${x}" y="${y}" font-size="${size}" fill="${size === 9 ? "#555" : "#111"}">${words}</text>`;
}

function cellsOf({ id, views }: PreviewDocument["items"][number], { original, views: drawn }: ItemPictures): Cell[] {
  const name = id.length > characters ? `…${id.slice(1 - characters)}` : id;
  return [
    { picture: original, heading: "original", lines: [name] },
    ...views.map(({ group, view, words }, i) => ({
      picture: drawn[i] as Buffer,
      heading: `${group} ${view + 1}`,
      lines: words.flatMap(wrap),
    })),
  ];
}

/** Breaks words into lines that fit below a picture. */
function wrap(words: string): string[] {
  const lines: string[] = [];
  for (const word of words.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < characters) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

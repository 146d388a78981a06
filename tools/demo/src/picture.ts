// The picture of nearest neighbours: one row for each class. Not a plotting library: no text, only images and frames.
import type { ImageStore } from "@lejepa/data";
import sharp from "sharp";

/** One query and its neighbours, as rows of the store. */
export interface PictureRow {
  readonly query: number;
  /** Blocks of neighbours side by side, e.g. those of the encoder and those of the pixels. */
  readonly blocks: readonly (readonly number[])[];
}

const frame = 3;
const spacing = 24;
const white = [255, 255, 255] as const;
const right = [40, 160, 70] as const;
const wrong = [205, 50, 50] as const;

type Colour = readonly [number, number, number];

interface Canvas {
  readonly data: Uint8Array;
  readonly width: number;
}

/** Draws the rows into a PNG: neighbours of the query's class are framed green, others red. */
export async function drawNeighbours(store: ImageStore, rows: readonly PictureRow[], file: string): Promise<void> {
  const scale = Math.max(1, Math.round(96 / store.width));
  const cell = store.width * scale + 2 * frame;
  const pitch = store.height * scale + 2 * frame;
  const blocks = rows[0]?.blocks ?? [];
  const width = cell + blocks.reduce((sum, block) => sum + spacing + block.length * cell, 0);
  const height = rows.length * pitch;
  const canvas = { data: new Uint8Array(width * height * 3).fill(255), width };
  for (const [i, { query, blocks: neighbours }] of rows.entries()) {
    let x = 0;
    const draw = (row: number, colour: Colour): void => {
      paint(canvas, store, { row, colour, x, y: i * pitch, scale });
      x += cell;
    };
    draw(query, white);
    for (const block of neighbours) {
      x += spacing;
      for (const row of block) draw(row, store.labels[row] === store.labels[query] ? right : wrong);
    }
  }
  await sharp(canvas.data, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(file);
}

interface Place {
  readonly row: number;
  readonly colour: Colour;
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

function paint({ data, width }: Canvas, store: ImageStore, { row, colour, x, y, scale }: Place): void {
  const pixels = store.read([row]);
  const [darkest, brightest] = store.range ?? [0, 1];
  const gain = 255 / (brightest - darkest);
  const across = store.width * scale + 2 * frame;
  const down = store.height * scale + 2 * frame;
  for (let v = 0; v < down; v++) {
    for (let u = 0; u < across; u++) {
      const inside = u >= frame && v >= frame && u < across - frame && v < down - frame;
      const source = (Math.floor((v - frame) / scale) * store.width + Math.floor((u - frame) / scale)) * store.channels;
      for (let c = 0; c < 3; c++) {
        const value = inside
          ? ((pixels[source + (store.channels >= 3 ? c : 0)] as number) - darkest) * gain
          : (colour[c] as number);
        data[((y + v) * width + x + u) * 3 + c] = value;
      }
    }
  }
}

// Larger checks on real files that the repository does not carry; each skips, saying so, where they are absent.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { DatasetItem } from "@lejepa/contracts";
import { expect, test } from "vitest";
import { decode, index } from "./_files.test-helper.ts";

const data = fileURLToPath(new URL("../../../../shared/data", import.meta.url));

interface Expected {
  readonly images_shape: readonly number[];
  readonly images_mean: number;
  readonly image0_channel_mean: readonly number[];
  readonly ans_hist: Readonly<Record<string, number>>;
  readonly ans_first10: readonly number[];
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

test.for(["gz1_69px_contiguous.h5", "gz1_256px_gzip_chunked.h5"])(
  "%s: counts, classes and means as h5py has them",
  async (name, context) => {
    const file = `galaxy/galaxy10_format/${name}`;
    const there = existsSync(join(data, file));
    context.skip(!there, `needs the sample data ../shared/data/${file}`);
    const lists = JSON.parse(readFileSync(join(data, "expected/images_folders.json"), "utf8")) as Record<
      string,
      Expected
    >;
    const { images_shape, images_mean, image0_channel_mean, ans_hist, ans_first10 } = lists[file] as Expected;
    const { items } = await index({ path: join(data, file) });
    expect(items).toHaveLength(images_shape[0] as number);
    expect(items.slice(0, 10).map(({ label }) => label)).toEqual(ans_first10.map((id) => `class ${id}`));
    for (const [id, count] of Object.entries(ans_hist))
      expect(items.filter(({ label }) => label === `class ${id}`)).toHaveLength(count);
    const side = images_shape[1] as number;
    const means: number[] = [];
    for (const [i, item] of items.entries()) {
      const { data: pixels } = await decode(item as DatasetItem, 3, side);
      means.push(mean([...pixels]));
      if (i > 0) continue;
      for (const band of [0, 1, 2])
        expect(mean([...pixels].filter((_, at) => at % 3 === band))).toBeCloseTo(
          image0_channel_mean[band] as number,
          4,
        );
    }
    expect(mean(means)).toBeCloseTo(images_mean, 4);
  },
);

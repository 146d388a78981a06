// Facts of a few files, for datasets whose index opens none: what the plugin's `inspect` says of them.
import type { BoundDataset, DatasetItem, JsonValue } from "@lejepa/contracts";
import { createInspector } from "@lejepa/data";

type Facts = Record<string, string | number | boolean>;

const mostFiles = 32;

/** Facts of up to 32 of the items' files; none for a plugin that does not look at files. Files that cannot be read are left out. */
export async function sampleFacts(
  { plugin, options }: BoundDataset,
  items: readonly DatasetItem[],
  cacheDir: string,
): Promise<{ readonly facts: Facts }[]> {
  if (plugin?.inspect === undefined) return [];
  const paths = [...new Set(items.map(({ source }) => source.path))];
  const step = Math.max(1, Math.ceil(paths.length / mostFiles));
  const inspector = createInspector(plugin, { cacheDir });
  const found: { facts: Facts }[] = [];
  try {
    for (let i = 0; i < paths.length; i += step) {
      // the reasons are in the sample's failures already
      const seen = await inspector
        .inspect(paths[i] as string, { stage: "stored", frame: 0, options })
        .catch(() => undefined);
      if (seen !== undefined) found.push({ facts: plain(seen.facts) });
    }
  } finally {
    await inspector.close();
  }
  return found;
}

function plain(facts: Readonly<Record<string, JsonValue>>): Facts {
  return Object.fromEntries(
    Object.entries(facts).filter((entry): entry is [string, string | number | boolean] =>
      ["string", "number", "boolean"].includes(typeof entry[1]),
    ),
  );
}

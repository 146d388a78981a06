/**
 * Lists the items of a set of scenes: reads headers, looks where pixels are valid, places chips, and gives each its block and
 * label. Pixels are read only as far as their validity asks for it, and that once.
 *
 * Items are in the order of scenes and of rows within a scene, which decodes quickest; batches mix scenes because the sampler
 * shuffles.
 */
import { LejepaError, type DatasetContext, type DatasetIndex, type DatasetItem } from "@lejepa/contracts";
import { planBlocks } from "./blocks.ts";
import { isWhole } from "./chips.ts";
import { describeAll } from "./describe-all.ts";
import { boundsOf } from "./georeference.ts";
import { sourceOf } from "./item-source.ts";
import { labelFromRaster } from "./label-raster.ts";
import { readLabels, type SceneLabel } from "./labels-csv.ts";
import { listScenes, type Listing } from "./list-files.ts";
import type { SceneFile } from "./open-scene.ts";
import type { GeotiffOptions } from "./options.ts";
import { placeAll, type Chip, type Placing } from "./place-all.ts";
import { placesOf } from "./places.ts";
import type { SceneFacts } from "./scene-facts.ts";
import { openStore } from "./scene-store.ts";
import { sensors, type Sensor } from "./sensors.ts";
import { createSkippedList, type SkippedList } from "./skipped-list.ts";
import { warningsOf } from "./warnings.ts";

/**
 * The items of the scenes.
 *
 * @throws LejepaError E_DATA for a path, table or label raster that is wrong as a whole, or when no item is left
 */
export async function indexScenes(options: GeotiffOptions, context: DatasetContext): Promise<DatasetIndex> {
  const listing = await listScenes(options, context.signal);
  const skipped = createSkippedList(listing.skipped);
  const store = await openStore(context.cacheDir, [listing.root, headerOptions(options)]);
  const files = new Map(listing.scenes.map((scene) => [scene.id, scene.files]));
  const filesOf = ({ id }: SceneFacts): readonly SceneFile[] => files.get(id) as readonly SceneFile[];
  const found = { options, store, skipped, filesOf };
  const { scenes, labels, blocks, chips } = await findChips(listing, found, context).finally(() => store.save());
  if (chips.length === 0) throw nothingLeft(options, skipped);
  const items: DatasetItem[] = [];
  const places = placesOf(chips);
  for (const [i, chip] of chips.entries()) {
    context.signal?.throwIfAborted();
    items.push(
      await itemOf(chip, {
        options,
        labels,
        group: blocks.groupOf(chip.scene, chip.window),
        place: places[i],
        files: filesOf(chip.scene),
      }),
    );
  }
  const sensor: Sensor | undefined = options.sensor === null ? undefined : sensors[options.sensor];
  return {
    items,
    skipped: skipped.list(),
    warnings: warningsOf(scenes, items, options),
    channels: (scenes[0] as SceneFacts).channels,
    ...(sensor !== undefined && { range: sensor.range }),
  };
}

type Found = Pick<Placing, "options" | "store" | "skipped" | "filesOf">;

async function findChips(listing: Listing, found: Found, context: DatasetContext) {
  const { options, skipped } = found;
  const described = await describeAll(listing, found, context);
  const ids = listing.scenes.map(({ id }) => id);
  const labels = options.labels === null ? undefined : await readLabels(listing.root, ids, options);
  const scenes =
    labels === undefined ? described : onlyListed(described, labels, { skipped, file: options.labels as string });
  const whole = scenes.every((scene) => isWhole(scene, options.chips));
  const blocks = planBlocks(scenes, options, whole);
  const chips = await placeAll(scenes, { ...found, blocks, keepApart: options.blocks !== "none" }, context);
  return { scenes, labels, blocks, chips };
}

/** The options that what is kept of headers and validity depends on. */
function headerOptions({
  pattern,
  bands,
  sensor,
  indices,
  nodata,
  invalid,
  decibels,
  scale,
  offset,
}: GeotiffOptions): unknown {
  return { pattern, bands, sensor, indices, nodata, invalid, decibels, scale, offset };
}

interface Listed {
  readonly skipped: SkippedList;
  readonly file: string;
}

function onlyListed(
  scenes: readonly SceneFacts[],
  labels: ReadonlyMap<string, SceneLabel>,
  { skipped, file }: Listed,
): SceneFacts[] {
  return scenes.filter(({ id }) => {
    if (labels.has(id)) return true;
    skipped.add(`scenes that ${file} does not list`, id);
    return false;
  });
}

interface Known {
  readonly options: GeotiffOptions;
  readonly labels: ReadonlyMap<string, SceneLabel> | undefined;
  readonly group: string | undefined;
  readonly place: string | undefined;
  readonly files: readonly SceneFile[];
}

async function itemOf(
  { scene, window, whole }: Chip,
  { options, labels, group, place, files }: Known,
): Promise<DatasetItem> {
  const told = labels === undefined ? folderLabel(scene.id, options) : (labels.get(scene.id) as SceneLabel);
  const seen = options.labelRaster === null ? undefined : await labelFromRaster(scene, window, options.labelRaster);
  const label = options.labelRaster === null ? told.label : seen;
  const block = told.group ?? group;
  const { x, y, width, height } = window;
  const more = {
    crs: scene.crs,
    ...(scene.affine !== null && { bounds: boundsOf(scene.affine, window) }),
    // the caller sees changes of the first file only
    ...(files.length > 1 && { stamp: scene.stamp }),
  };
  return {
    id: whole ? scene.id : `${scene.id}#${x},${y},${width},${height}`,
    ...(label !== undefined && { label }),
    ...(block !== undefined && { group: block }),
    ...(place !== undefined && { place }),
    ...(told.split !== undefined && { split: told.split }),
    facts: scene.facts,
    source: sourceOf(files, whole ? undefined : window, more),
  };
}

function folderLabel(id: string, { label, pattern }: GeotiffOptions): SceneLabel {
  const folders = id.split("/").slice(0, -1);
  const name = label === "none" || pattern !== null ? undefined : folders.at(label === "folder" ? -1 : 0);
  return name === undefined ? {} : { label: name };
}

function nothingLeft({ path }: GeotiffOptions, skipped: SkippedList): LejepaError {
  const reasons = skipped.list().map(({ count, reason }) => `${count} ${reason}`);
  return new LejepaError({
    code: "E_DATA",
    where: `dataset geotiff: ${path}`,
    expected: "at least one chip",
    got: reasons.length === 0 ? "none" : `only ${reasons.slice(0, 3).join("; ")}`,
    hint: "Smaller chips, another block size or a smaller chips.minValid leave more.",
  });
}

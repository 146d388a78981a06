/**
 * WebDataset shards: tar files in which the files of one sample share a name up to the first dot, `0001.jpg` beside
 * `0001.cls`. They are listed by their offsets and read in place; nothing is extracted.
 */
import { extname } from "node:path";
import { imageExtensions } from "@lejepa/image";
import type { Skipped } from "@lejepa/contracts";
import { placeImages, splitsOfFiles, type HashGroup, type Labelled, type Placed } from "./layout.ts";
import type { FolderOptions } from "./options.ts";
import type { ImageFile } from "./parquet-images.ts";
import { placeOf, tableProblem } from "./table.ts";
import { walkTar, type TarEntry } from "@lejepa/archive";

/** Where an image lies in a shard. */
export interface EntrySource {
  readonly path: string;
  readonly offset: number;
  readonly bytes: number;
}

/** An image with what is known of it. */
export interface ShardImage extends Labelled {
  readonly format: string;
  readonly source: EntrySource;
}

/** The images of all shards, and what was left out. */
export interface Shards {
  readonly images: readonly ShardImage[];
  readonly skipped: readonly Skipped[];
  readonly warnings: readonly string[];
}

/** Files of one sample by their extension (what follows the first dot), in lower case. */
type Sample = Map<string, TarEntry>;

const largestSidecar = 1 << 20;

/**
 * Lists the images of the shards. A shard that is cut off or damaged gives the samples before the damage.
 *
 * @throws LejepaError E_DATA for an unreadable shard, a file that comes twice, a sidecar that cannot be read, a label
 *   that no sample has
 */
export async function indexShards(
  shards: readonly ImageFile[],
  options: FolderOptions,
  { hashGroup, signal }: { readonly hashGroup: HashGroup; readonly signal: AbortSignal | undefined },
): Promise<Shards> {
  const names = shards.map(({ name }) => name);
  const splits = splitsOfFiles(names, options.splits);
  const sidecars = new Set(["cls", "json", ...[options.columns.label?.toLowerCase() ?? []].flat()]);
  const found: { readonly image: ShardImage; readonly own: string | undefined }[] = [];
  const left = new Map<string, string[]>();
  const leave: Leave = (reason, example) => {
    const examples = left.get(reason) ?? [];
    left.set(reason, examples);
    examples.push(example);
  };
  for (const [i, shard] of shards.entries()) {
    // walking is synchronous: let others run between shards
    await new Promise(setImmediate);
    signal?.throwIfAborted();
    const listed = listImages(shard, listSamples(shard, sidecars, leave), { options, leave, hashGroup });
    const places = placeImages(
      listed.map(({ key, extension }) => `${key}.${extension}`),
      options,
      hashGroup,
    );
    for (const [at, { key, extension, entry, place }] of listed.entries()) {
      const split = splits[i];
      const image: ShardImage = {
        ...(places[at] as Labelled),
        ...(split !== undefined && { split }),
        ...place,
        path: `${shard.name}/${key}.${extension}`,
        format: extension,
        source: { path: shard.path, offset: entry.offset, bytes: entry.bytes },
      };
      found.push({ image, own: place.label });
    }
  }
  const own = found.some((one) => one.own !== undefined);
  const { label } = options.columns;
  if (label !== undefined && options.label !== "none" && found.length > 0 && !own) throw noLabels(names, label);
  return { images: found.map((one) => (own ? withLabel(one) : one.image)), ...report(left) };
}

// where one sample brings its class along, the folders of the others are none
function withLabel({ image, own }: { readonly image: ShardImage; readonly own: string | undefined }): ShardImage {
  const { label: _, ...rest } = image;
  return own === undefined ? rest : image;
}

function noLabels(names: readonly string[], label: string): Error {
  return tableProblem(names[0] as string, {
    expected: `samples with ${JSON.stringify(label)}, a sidecar or a key of the json one`,
    got: `none in ${names.length} ${names.length === 1 ? "shard" : "shards"}`,
  });
}

function report(left: ReadonlyMap<string, readonly string[]>): Pick<Shards, "skipped" | "warnings"> {
  const broken = [...left].filter(([reason]) => reason.endsWith("shards")).flatMap(([, files]) => files);
  return {
    skipped: [...left].map(([reason, all]) => ({ reason, count: all.length, examples: all.slice(0, 3) })),
    warnings: broken.map((name) => `${name} is not whole: only the samples before the damage are used.`),
  };
}

type Leave = (reason: string, example: string) => void;

function listSamples(shard: ImageFile, sidecars: ReadonlySet<string>, leave: Leave): Map<string, Sample> {
  const { name } = shard;
  const { entries, others, damage } = walkShard(shard, sidecars);
  for (let i = 0; i < others; i++) leave("links and devices in tar files", name);
  if (damage !== undefined)
    leave(entries.length === 0 ? "files that are no tar, or compressed" : `${damage.reason} shards`, name);
  const samples = new Map<string, Sample>();
  for (const entry of entries) {
    const { key, extension } = splitName(entry.name);
    const sample = samples.get(key) ?? new Map<string, TarEntry>();
    if (sample.has(extension))
      throw tableProblem(name, { expected: "every file once", got: `${JSON.stringify(entry.name)} twice` });
    samples.set(key, sample.set(extension, entry));
  }
  if (damage?.name !== undefined) samples.delete(splitName(damage.name).key);
  return samples;
}

function walkShard({ path, name }: ImageFile, sidecars: ReadonlySet<string>): ReturnType<typeof walkTar> {
  try {
    return walkTar(path, (file, bytes) => bytes <= largestSidecar && sidecars.has(splitName(file).extension));
  } catch (cause) {
    const got = `one that cannot be read (${(cause as NodeJS.ErrnoException).code ?? "its end is missing"})`;
    throw tableProblem(name, { expected: "a tar file", got, cause });
  }
}

// the key is the path up to the first dot of the file's name
function splitName(name: string): { key: string; extension: string } {
  const path = name.replace(/^(\.\/)+/, "");
  const dot = path.indexOf(".", path.lastIndexOf("/") + 1);
  return dot < 0
    ? { key: path, extension: "" }
    : { key: path.slice(0, dot), extension: path.slice(dot + 1).toLowerCase() };
}

interface ListedImage {
  readonly key: string;
  readonly extension: string;
  readonly entry: TarEntry;
  readonly place: Placed;
}

interface Listing {
  readonly options: FolderOptions;
  readonly leave: Leave;
  readonly hashGroup: HashGroup;
}

function listImages(shard: ImageFile, samples: ReadonlyMap<string, Sample>, listing: Listing): ListedImage[] {
  const { options, leave } = listing;
  const wanted = options.columns.image?.replace(/^\./, "").toLowerCase();
  const isImage = (extension: string): boolean =>
    wanted === undefined ? imageExtensions.has(extname(`.${extension}`) || `.${extension}`) : extension === wanted;
  return [...samples].flatMap(([key, sample]): ListedImage[] => {
    // `jpg` before `mask.png`
    const found = [...sample.keys()].filter(isImage).sort((a, b) => a.split(".").length - b.split(".").length);
    const [extension] = found;
    if (extension === undefined) leave("samples without an image", `${shard.name}/${key}`);
    if (found.length > 1) leave("samples with further images", `${shard.name}/${key}`);
    if (extension === undefined) return [];
    const place = readSidecars(shard, { key, sample, image: extension }, listing);
    return [{ key, extension, entry: sample.get(extension) as TarEntry, place }];
  });
}

function readSidecars(
  shard: ImageFile,
  { key, sample, image }: { key: string; sample: Sample; image: string },
  { options, hashGroup }: Listing,
): Placed {
  const { columns } = options;
  const textOf = (extension: string): string | undefined => {
    const contents = extension === image ? undefined : sample.get(extension)?.contents;
    return contents?.toString("utf8").trim();
  };
  const json = parseJson(textOf("json"), `${shard.name}/${key}.json`);
  const field = (name: string): string => {
    const value = json[name];
    if (value === undefined || value === null) return "";
    if (typeof value !== "object") return String(value as string | number | boolean);
    throw tableProblem(`${shard.name}/${key}.json`, {
      expected: `${name} to be a text or a number`,
      got: "a list or an object",
    });
  };
  const label =
    columns.label === undefined
      ? (textOf("cls") ?? field("label"))
      : (textOf(columns.label.toLowerCase()) ?? field(columns.label));
  const texts = {
    label: options.label === "none" ? "" : label,
    group: field(columns.group ?? "group"),
    split: field(columns.split ?? "split"),
  };
  return placeOf(texts, { file: shard.name, at: `${key}.json` }, hashGroup);
}

function parseJson(text: string | undefined, file: string): Record<string, unknown> {
  if (text === undefined) return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // told below, as for any other text that is no object
  }
  throw tableProblem(file, { expected: "a JSON object", got: "other text" });
}

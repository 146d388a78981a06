// Temporary folders, and calls of the plugin with defaults, for tests.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  type DatasetIndex,
  type DatasetItem,
  type ImageRecord,
  type Inspection,
  type InspectRequest,
} from "@lejepa/contracts";
import { testContext } from "@lejepa/contracts/testing";
import { onTestFinished } from "vitest";
import type { z } from "zod";
import type { dicomOptions, DicomOptions } from "./options.ts";
import { dicom } from "./plugin.ts";

export { caught } from "@lejepa/contracts/testing";

type Options = z.input<typeof dicomOptions>;
const context = testContext("unused");

/** A temporary folder with these files (relative path: contents), gone when the test ends. */
export async function makeFolder(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "lejepa-dicom-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  for (const [path, contents] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), contents);
  }
  return root;
}

/** The plugin's index with default options but these. */
export const index = (options: Options): Promise<DatasetIndex> => dicom.index(dicom.options.parse(options), context);

/** Decodes an item with default options but these. */
export function decode(
  item: DatasetItem,
  { size = 8, channels = 1, ...options }: Partial<Options> & { size?: number; channels?: number } = {},
): Promise<ImageRecord> {
  return dicom.decode(item, {
    ...context,
    options: dicom.options.parse({ path: "unused", ...options }),
    target: { size, channels },
  });
}

type Request = Partial<Omit<InspectRequest, "options">> & { readonly options?: Partial<Options> };

/** Inspects bytes as if they were a file. */
export async function inspect(bytes: Uint8Array, { options = {}, ...request }: Request = {}): Promise<Inspection> {
  const root = await makeFolder({ file: bytes });
  return inspectPath(join(root, "file"), { options, ...request });
}

/** Inspects a file. */
export function inspectPath(
  path: string,
  { options = {}, stage = "stored", ...request }: Request = {},
): Promise<Inspection> {
  const parsed: DicomOptions = dicom.options.parse({ path: "unused", ...options });
  return (dicom.inspect as NonNullable<typeof dicom.inspect>)(path, { stage, ...request, options: parsed }, context);
}

// `lejepa inspect`: what the toolkit sees in single files. Decoding is the plugins', in a process of their own.
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import {
  type Dataset,
  type InspectRequest,
  isLejepaError,
  LejepaError,
  type LejepaErrorParts,
} from "@lejepa/contracts";
import { createInspector, type Inspector, summariseInspection } from "@lejepa/data";
import { inspectOptions, type InspectRequestFlags, parseRequest } from "../inspect-flags.ts";
import { describeInspection, type FileReport, writePng } from "../inspect-view.ts";
import { listenForInterrupt } from "../interrupt.ts";
import { loadPlugin } from "../load-dataset.ts";
import type { Output } from "../output.ts";
import { recogniseDataset } from "../recognise.ts";

/** Flags of the verb. */
export interface InspectFlags extends InspectRequestFlags {
  readonly dataset?: string;
  readonly out?: string;
  readonly set: readonly string[];
}

/** Looks at each file; returns the exit status. */
export async function inspect(files: readonly string[], flags: InspectFlags, output: Output): Promise<number> {
  const request = parseRequest(flags);
  if (flags.out !== undefined && (request.stage !== "display" || files.length > 1)) throw wrongOut(files.length);
  const given = flags.dataset === undefined ? undefined : await loadPlugin(flags.dataset);
  // options that are wrong are wrong for every file
  if (given !== undefined) inspectOptions(given, flags.set, files[0] ?? "");
  const cacheDir = mkdtempSync(join(tmpdir(), "lejepa-inspect-"));
  const interrupt = listenForInterrupt(() => output.note("stopping"));
  const look = createLook({ request, flags, cacheDir, signal: interrupt.signal });
  let failed = 0;
  try {
    for (const file of files) {
      const result = await look.at(file, given).catch((error: unknown) => explain(file, error));
      interrupt.signal.throwIfAborted();
      if ("error" in result) {
        failed += 1;
        if (output.json) output.record({ file, error: result.error }, "");
        else output.error(`${result.error.code} ${result.error.message}`);
      } else {
        output.record(result, describeInspection(result));
      }
    }
  } finally {
    interrupt.release();
    await look.close();
    rmSync(cacheDir, { recursive: true, force: true });
  }
  return failed > 0 ? 1 : 0;
}

interface LookOptions {
  readonly request: Omit<InspectRequest, "options">;
  readonly flags: InspectFlags;
  readonly cacheDir: string;
  readonly signal: AbortSignal;
}

function createLook({ request, flags, cacheDir, signal }: LookOptions): {
  at(file: string, given: Dataset | undefined): Promise<FileReport>;
  close(): Promise<void>;
} {
  const inspectors = new Map<string, Inspector>();
  return {
    async at(file, given) {
      checkFile(file);
      const plugin = given ?? (await recognise(file));
      const { id } = plugin;
      if (plugin.inspect === undefined) throw cannotInspect(id);
      const options = inspectOptions(plugin, flags.set, resolve(file));
      const inspector = inspectors.get(id) ?? createInspector(plugin, { cacheDir, signal });
      inspectors.set(id, inspector);
      const seen = await inspector.inspect(resolve(file), { ...request, options });
      const png = flags.out === undefined ? {} : { png: await writePng(flags.out, seen) };
      const format = seen.facts["format"];
      const isImage = id === "folder" || id === "food101";
      const name = isImage && typeof format === "string" ? format : id;
      return { file, format: name, facts: seen.facts, stage: request.stage, ...summariseInspection(seen), ...png };
    },
    async close() {
      for (const inspector of inspectors.values()) await inspector.close();
    },
  };
}

async function recognise(file: string): Promise<Dataset> {
  const { id, recognised } = await recogniseDataset(file);
  const plugin = await loadPlugin(id);
  // a plugin that recognises nothing takes all
  if (recognised > 0 || plugin.recognises === undefined) return plugin;
  throw new LejepaError({
    code: "E_DECODE",
    where: file,
    expected: "a DICOM, TIFF, HDF5 or image file",
    got: statSync(file).size === 0 ? "an empty file" : "none of them by its first bytes",
    hint: "To try a format all the same: --dataset ID.",
  });
}

function checkFile(file: string): void {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found?.isFile() === true) return;
  const got = found === undefined ? "nothing there" : "a folder";
  throw new LejepaError({ code: "E_DATA", where: file, expected: "a file", got });
}

/** An error as it is shown: of a plugin's own, the message without the file's absolute path. */
function explain(
  file: string,
  error: unknown,
): { readonly error: Pick<LejepaErrorParts, "code"> & { readonly message: string } } {
  const text = error instanceof Error ? error.message : String(error);
  const message = text.replaceAll(resolve(file), basename(file)).replace(/\s+/g, " ").trim();
  if (isLejepaError(error))
    return { error: { code: error.code, message: message.includes(basename(file)) ? message : `${file}: ${message}` } };
  return { error: { code: "E_DECODE", message: `${file}: ${message}` } };
}

function cannotInspect(id: string): LejepaError {
  return new LejepaError({
    code: "E_USAGE",
    where: `dataset ${id}`,
    expected: "a plugin that looks at single files",
    got: "one that does not",
    hint: "Name another with --dataset ID.",
  });
}

function wrongOut(files: number): LejepaError {
  return new LejepaError({
    code: "E_USAGE",
    where: "--out",
    expected: "one file and --stage display",
    got: files > 1 ? `${files} files` : "another stage",
  });
}

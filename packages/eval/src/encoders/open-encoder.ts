// Everything that can be compared, by one reference: which kind it is, and its opening.
import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { LejepaError, nearest } from "@lejepa/contracts";
import { baselineNames, baselineOf, unknownEncoder } from "./baselines.ts";
import { openDino, type WeightFacts } from "./dino-encoder.ts";
import { fetchedWeights } from "./fetch-baseline.ts";
import { openRandom, openRun } from "./frozen-encoder.ts";
import { type ModelSettings, splitReference } from "./model-settings.ts";
import { openOnnx } from "./onnx-encoder.ts";
import type { OpenContext } from "./open-context.ts";
import type { OpenedEncoder } from "./opened-encoder.ts";
import { openPixels } from "./pixels-encoder.ts";

/**
 * Opens an encoder.
 *
 * | reference | what |
 * |---|---|
 * | `run:DIR`, `run:DIR@best`, `run:DIR@STEP`, or DIR | a run, or one checkpoint's folder |
 * | `random` | the architecture of `context.like` with random weights of `context.seed` |
 * | `pixels` | averages over a grid, on their principal components over the training images |
 * | FILE.onnx, FILE.onnx?size=224&mean=0.5,0.5,0.5&output=features | an image encoder as ONNX |
 * | FILE.safetensors, or a folder with one | DINOv2 or DINOv3 weights under any published names |
 * | `dinov2-small`, ... (`baselineNames`) | a published encoder, fetched before |
 *
 *     const encoder = await openEncoder("dinov2-small", { engine, images: { store, train: splits.train }, cacheDir });
 *     const { embedding } = await encoder.extract(store, rows);
 *     await encoder.dispose();
 *
 * @throws LejepaError E_USAGE for a reference that is none of these (with the nearest), and what the kinds throw
 */
export async function openEncoder(reference: string, context: OpenContext): Promise<OpenedEncoder> {
  const parsed = parseReference(reference);
  switch (parsed.kind) {
    case "random":
      return openRandom(context);
    case "pixels":
      return openPixels(context);
    case "run": {
      const { folder, checkpoint, name } = parsed;
      return openRun(folder, { ...(checkpoint !== undefined && { checkpoint }), name }, context);
    }
    case "baseline": {
      const { name, settings } = parsed;
      const weights = await fetchedWeights(name, context.cacheDir);
      return openPath(weights, { settings, facts: { name, licence: baselineOf(name).licence } }, context);
    }
    case "path":
      return openPath(parsed.path, { settings: parsed.settings, facts: {} }, context);
  }
}

/** What a reference means. */
export type Reference =
  | { readonly kind: "random" | "pixels" }
  | {
      readonly kind: "run";
      readonly folder: string;
      readonly checkpoint?: "last" | "best" | number;
      readonly name: string;
    }
  | { readonly kind: "baseline"; readonly name: string; readonly settings: ModelSettings }
  | { readonly kind: "path"; readonly path: string; readonly settings: ModelSettings };

/**
 * Reads a reference without opening anything, so that a slip is told before the work.
 *
 * @param where named in errors
 * @throws LejepaError E_USAGE when it is nothing known
 */
export function parseReference(reference: string, where = "encoder"): Reference {
  if (reference === "random" || reference === "pixels") return { kind: reference };
  if (reference.startsWith("run:")) return runReference(reference.slice("run:".length));
  const { path, settings } = splitReference(reference);
  if (baselineNames.includes(path)) return { kind: "baseline", name: path, settings };
  if (!existsSync(path)) throw unknownEncoder(path, ["random", "pixels", ...baselineNames], where);
  const isRun = existsSync(join(path, "run.json")) || existsSync(join(path, "checkpoint.json"));
  return isRun ? runReference(path) : { kind: "path", path, settings };
}

function openPath(
  path: string,
  given: { readonly settings: ModelSettings; readonly facts: WeightFacts },
  context: OpenContext,
): Promise<OpenedEncoder> {
  if (!statSync(path).isDirectory()) {
    if (path.endsWith(".onnx")) return openOnnx(path, given, context);
    if (path.endsWith(".safetensors")) return openDino(path, given, context);
    throw notKnown(path, "a file that is neither");
  }
  const model = ["model.onnx", "onnx/model.onnx"].map((name) => join(path, name)).find((file) => existsSync(file));
  const names = readdirSync(path);
  if (names.some((name) => name.endsWith(".safetensors"))) return openDino(path, given, context);
  if (model !== undefined) return openOnnx(model, given, context);
  throw notKnown(path, "a folder with neither");
}

const notKnown = (path: string, got: string): LejepaError =>
  new LejepaError({
    code: "E_DATA",
    where: path,
    expected: "a run folder, an ONNX file (.onnx), or DINO weights (.safetensors)",
    got,
  });

/** DIR, DIR@last, DIR@best or DIR@STEP; a folder whose own name has an @ is taken as it is. */
function runReference(text: string): Reference {
  const at = text.lastIndexOf("@");
  if (at < 0 || existsSync(text)) return { kind: "run", folder: text, name: basename(resolve(text)) };
  const [folder, which] = [text.slice(0, at), text.slice(at + 1)];
  const name = basename(resolve(text));
  if (which === "last" || which === "best") return { kind: "run", folder, checkpoint: which, name };
  if (/^\d+$/.test(which)) return { kind: "run", folder, checkpoint: Number(which), name };
  const similar = nearest(which, ["last", "best"]);
  throw new LejepaError({
    code: "E_USAGE",
    where: `run:${text}`,
    expected: "last, best, or a step after the @",
    got: which,
    hint: similar && `Did you mean ${similar}?`,
  });
}

// What `lejepa inspect` is asked for: flags in, the plugin's request and options out.
import {
  bindDataset,
  type Dataset,
  type InspectRequest,
  type InspectStage,
  LejepaError,
  nearest,
} from "@lejepa/contracts";

/** The flags that make a request. */
export interface InspectRequestFlags {
  readonly stage: string;
  readonly frame?: number;
  readonly window?: string;
}

const stages: readonly InspectStage[] = ["stored", "values", "display"];

/** @throws LejepaError E_USAGE for an unknown stage or a window that is not four whole numbers */
export function parseRequest({ stage, frame, window }: InspectRequestFlags): Omit<InspectRequest, "options"> {
  const known = stages.find((name) => name === stage);
  if (known === undefined) {
    const similar = nearest(stage, stages);
    const hint = similar && `Did you mean ${similar}?`;
    throw new LejepaError({ code: "E_USAGE", where: "--stage", expected: stages.join(", "), got: stage, hint });
  }
  return {
    stage: known,
    ...(frame !== undefined && { frame }),
    ...(window !== undefined && { window: parseWindow(window) }),
  };
}

function parseWindow(text: string): NonNullable<InspectRequest["window"]> {
  const numbers = text.split(",").map((part) => (/^\s*\d+\s*$/.test(part) ? Number(part) : Number.NaN));
  const [x, y, width, height] = numbers as [number, number, number, number];
  if (numbers.length === 4 && !numbers.includes(Number.NaN) && width > 0 && height > 0) return { x, y, width, height };
  throw new LejepaError({
    code: "E_USAGE",
    where: "--window",
    expected: "x,y,width,height in pixels, e.g. 0,0,256,256",
    got: text,
  });
}

/**
 * The plugin's options for looking at a file: `--set window=lung` (or dataset.options.window=lung), the file as `path`.
 *
 * @throws LejepaError E_USAGE for a setting without `=`, E_DATASET_OPTIONS
 */
export function inspectOptions(plugin: Dataset, settings: readonly string[], path: string): unknown {
  const given = Object.fromEntries(settings.map(parseSetting));
  const withPath = { path, ...given };
  // a plugin of a data set with one known place has no path
  const takesPath = plugin.options.safeParse(withPath).success || !plugin.options.safeParse(given).success;
  return bindDataset(plugin, takesPath ? withPath : given).options;
}

function parseSetting(setting: string): [string, unknown] {
  const at = setting.indexOf("=");
  const key = setting
    .slice(0, Math.max(0, at))
    .trim()
    .replace(/^dataset\.options\./, "");
  if (key === "") throw new LejepaError({ code: "E_USAGE", where: "--set", expected: "option=value", got: setting });
  const text = setting.slice(at + 1).trim();
  try {
    return [key, JSON.parse(text)];
  } catch {
    return [key, text];
  }
}

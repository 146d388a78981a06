/**
 * `--set key.path=value`: changes one key of a configuration before it is parsed. Values are read as JSON where they are
 * JSON, else as text; checking them is `parseConfig`'s work, only the key is checked here.
 */
import { configSchema } from "./config-schema.ts";
import { LejepaError } from "./errors.ts";
import { inputSchema, keysOf, nodeAt, type SchemaNode } from "./issues.ts";
import { nearest } from "./nearest.ts";

/**
 * Returns a copy of `config` with the assignments applied in order:
 * `applySettings(config, ["views.locals=4", "views.globalScale=[0.4,1]", "dataset.options.path=photos"])`.
 * Keys below `dataset.options` are the plugin's and taken as they come.
 *
 * @throws LejepaError E_USAGE for text without `=`, an unknown key (with the nearest one), or a path into a value
 */
export function applySettings(config: unknown, settings: readonly string[]): unknown {
  const schema = inputSchema(configSchema);
  return settings.reduce<unknown>((current, setting) => {
    const { path, text } = split(setting);
    checkPath(path, schema);
    return assign(current, path, readValue(text, nodeAt(schema, path)), setting);
  }, config);
}

function split(setting: string): { path: string[]; text: string } {
  const at = setting.indexOf("=");
  if (at <= 0) {
    throw new LejepaError({
      code: "E_USAGE",
      where: "--set",
      expected: "key.path=value",
      got: JSON.stringify(setting),
    });
  }
  return { path: setting.slice(0, at).trim().split("."), text: setting.slice(at + 1).trim() };
}

function checkPath(path: readonly string[], root: SchemaNode): void {
  let node: SchemaNode | undefined = root;
  for (const [depth, key] of path.entries()) {
    const known = keysOf(node);
    const next: SchemaNode | undefined = nodeAt(node as SchemaNode, [key]);
    const free = node?.additionalProperties !== undefined && node.additionalProperties !== false;
    if ((!known.includes(key) && !free) || key === "__proto__") throw unknownKey(path, depth, known);
    if (free) return;
    node = next;
  }
}

function unknownKey(path: readonly string[], depth: number, known: readonly string[]): LejepaError {
  const key = path[depth] as string;
  const parent = path.slice(0, depth);
  const similar = nearest(key, known);
  return new LejepaError({
    code: "E_USAGE",
    where: `--set ${path.join(".")}`,
    expected: known.length === 0 ? `no key below ${parent.join(".")}` : `one of the keys ${known.join(", ")}`,
    got: JSON.stringify(key),
    hint: similar === undefined ? undefined : `Did you mean ${[...parent, similar].join(".")}?`,
  });
}

function readValue(text: string, node: SchemaNode | undefined): unknown {
  if (node?.type === "string" && node.enum === undefined) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function assign(value: unknown, path: readonly string[], leaf: unknown, setting: string): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return leaf;
  if (value !== undefined && (typeof value !== "object" || value === null || Array.isArray(value))) {
    throw new LejepaError({
      code: "E_USAGE",
      where: `--set ${setting}`,
      expected: `an object above ${key}`,
      got: JSON.stringify(value),
    });
  }
  const object = (value ?? {}) as Record<string, unknown>;
  return { ...object, [key]: assign(object[key], rest, leaf, setting) };
}

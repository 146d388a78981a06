/**
 * The configuration's schema in other forms: JSON Schema for editors, a Markdown table for the docs. Both are made from
 * `configSchema`; nothing is written twice.
 */
import { configSchema } from "./config-schema.ts";
import { inputSchema, keysOf, typeText, type SchemaNode } from "./issues.ts";

/** One leaf of the configuration. */
export interface ConfigKey {
  /** Dotted path, e.g. `views.globalSize`. */
  readonly path: string;
  /** The values it takes, e.g. `integer >= 1`. */
  readonly type: string;
  /** Its default as JSON; absent when the key is required, and where the augmentation policy decides. */
  readonly default?: string;
  /** As JSON: its value where neither the user nor the augmentation policy says one. */
  readonly unsaid?: string;
  readonly description: string;
}

/** JSON Schema (draft 2020-12) of a config file. */
export function configJsonSchema(): Record<string, unknown> {
  const schema = inputSchema(configSchema) as Record<string, unknown>;
  // the plugin object is not JSON: it cannot stand in a JSON config
  const properties = schema["properties"] as Record<string, { properties: Record<string, unknown> }>;
  delete properties["dataset"]?.properties["plugin"];
  return { ...schema, title: "lejepa configuration" };
}

/** Every key of the configuration, in the schema's order. */
export function configKeys(): ConfigKey[] {
  return leaves(configJsonSchema() as SchemaNode, "", new Set());
}

/** The keys as a Markdown table: key, values, default, meaning. */
export function configTable(): string {
  const rows = configKeys().map((key) => [
    `\`${key.path}\``,
    key.type,
    key.default ?? fallbackText(key),
    key.description,
  ]);
  const lines = [["key", "values", "default", "meaning"], ["---", "---", "---", "---"], ...rows];
  return lines.map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`).join("\n");
}

const fallbackText = ({ unsaid }: ConfigKey): string =>
  unsaid === undefined ? "required" : `policy's, else ${unsaid}`;

function leaves(node: SchemaNode, prefix: string, required: ReadonlySet<string>): ConfigKey[] {
  const own = new Set((node as { required?: readonly string[] }).required ?? []);
  const keys = keysOf(node);
  if (keys.length > 0) {
    return keys.flatMap((key) => {
      const next = node.properties?.[key];
      return next === undefined ? [] : leaves(next, prefix === "" ? key : `${prefix}.${key}`, own);
    });
  }
  const name = prefix.slice(prefix.lastIndexOf(".") + 1);
  const { unsaid } = node;
  const json = JSON.stringify(rounded(unsaid === undefined ? node.default : unsaid));
  const fallback = required.has(name) ? {} : unsaid === undefined ? { default: json } : { unsaid: json };
  return [{ path: prefix, type: typeText(node), ...fallback, description: node.description ?? "" }];
}

// 4/3 reads better as 1.3333
function rounded(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(rounded);
  return typeof value === "number" ? Number(value.toPrecision(5)) : value;
}

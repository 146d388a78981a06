import { expect, test } from "vitest";
import { operationNames, operationSchemas } from "./augmentation/operations.ts";
import { configJsonSchema, configKeys, configTable } from "./config-docs.ts";
import { configSchema } from "./config-schema.ts";

test("every key says what it is", () => {
  const keys = configKeys();
  expect(keys.length).toBeGreaterThan(50);
  for (const { path, type, description } of keys) {
    expect(description, path).toMatch(/^[A-Z`\d].*\.$/);
    expect(type, path).not.toBe("anything");
  }
  const withoutDefault = keys.filter((key) => key.default === undefined && key.unsaid === undefined);
  expect(withoutDefault.map(({ path }) => path)).toEqual(["dataset.id"]);
  const left = keys.filter((key) => key.unsaid !== undefined).map(({ path }) => path);
  expect(left).toEqual(
    operationNames.flatMap((name) => Object.keys(operationSchemas[name].shape).map((key) => `augment.${name}.${key}`)),
  );
});

test("the table has a row for each key", () => {
  const lines = configTable().split("\n");
  expect(lines).toHaveLength(configKeys().length + 2);
  expect(lines.at(0)).toBe("| key | values | default | meaning |");
  expect(lines).toContain("| `views.locals` | integer >= 0 | 6 | Local views of each image. |");
  expect(lines).toContain(
    '| `encoder.pooling` | "cls" \\| "mean" | "cls" | ViT only: the class token, or the mean of the patches. |',
  );
  // a cell with an unescaped bar would make a fifth column
  for (const line of lines) expect(line.match(/(?<!\\)\|/g), line).toHaveLength(5);
});

test("the JSON Schema is plain JSON, refuses unknown keys and knows nothing of the plugin object", () => {
  const schema = configJsonSchema();
  expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
  expect(schema).toMatchObject({
    type: "object",
    required: ["dataset"],
    additionalProperties: false,
    properties: { views: { additionalProperties: false, properties: { locals: { minimum: 0, default: 6 } } } },
  });
  expect(JSON.stringify(schema)).not.toContain('"plugin"');
});

test("defaults in the schema are what the parser fills in", () => {
  const parsed = configSchema.parse({ dataset: { id: "x" } });
  const filled = configKeys().flatMap((key) => {
    const value = key.path
      .split(".")
      .reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], parsed);
    return key.default === undefined
      ? []
      : [[key.path, JSON.parse(key.default), JSON.parse(JSON.stringify(value, shorten))]];
  });
  expect(filled.map(([path, fallback]) => [path, fallback])).toEqual(filled.map(([path, , value]) => [path, value]));
});

test("CONFIG.md is this table", async () => {
  const text = `# Configuration\n\nEvery key of a \`lejepa.config.ts\`, made from the schema in \`src/config-schema.ts\`; operations of \`augment\` from \`src/augmentation/operations\`.\n\n${configTable()}\n`;
  await expect(text).toMatchFileSnapshot("../CONFIG.md");
});

// the table shows five digits
function shorten(_: string, value: unknown): unknown {
  return typeof value === "number" ? Number(value.toPrecision(5)) : value;
}

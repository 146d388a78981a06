/**
 * Turns the issues of a failed zod parse into the parts of a LejepaError: key, expected, got, nearest key. Not a general
 * zod formatter: it covers what config and option schemas use and falls back to zod's own sentence.
 */
import { z } from "zod";
import { nearest } from "./nearest.ts";

/** The part of JSON Schema that is read here. */
export interface SchemaNode {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  /** Of a setting that a policy may decide: what it is when neither user nor policy says so. */
  readonly unsaid?: unknown;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: boolean | SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly prefixItems?: readonly SchemaNode[];
  readonly items?: SchemaNode | boolean;
  readonly minLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
}

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** JSON Schema of what a user may write; parts that JSON cannot say become "anything". */
export function inputSchema(schema: z.ZodType): SchemaNode {
  return z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as SchemaNode;
}

/** The parts of a LejepaError for a failed parse. The first issue is told in full, others by key. */
export function describeIssues(
  source: string,
  issues: readonly Issue[],
  { schema, value }: { readonly schema: z.ZodType; readonly value: unknown },
): { where: string; expected: string; got: string; hint?: string } {
  // a misspelt key explains the missing one, not the other way round
  const [first, ...rest] = issues.toSorted((a, b) => Number(isUnknownKey(b)) - Number(isUnknownKey(a)));
  if (first === undefined) throw new TypeError("describeIssues needs an issue");
  const issue = narrowest(first);
  const { hint, ...parts } = describe(issue, inputSchema(schema), value);
  const path = issue.path.map(String).join(".");
  const others = rest.map((other) => keyOf(narrowest(other))).filter((key) => key !== keyOf(issue));
  const more = others.length === 0 ? undefined : `Also wrong: ${[...new Set(others)].join(", ")}.`;
  const hints = [hint, more].filter((text) => text !== undefined).join(" ");
  return { where: path === "" ? source : `${source}: ${path}`, ...parts, ...(hints === "" ? {} : { hint: hints }) };
}

/** The schema node at a path; unions are searched for the member that has the next key. */
export function nodeAt(root: SchemaNode, path: Path): SchemaNode | undefined {
  let node: SchemaNode | undefined = root;
  for (const key of path) {
    if (node === undefined) return undefined;
    node = child(node, String(key));
  }
  return node;
}

/** The keys that an object node knows. */
export function keysOf(node: SchemaNode | undefined): string[] {
  if (node === undefined) return [];
  return [node, ...(node.anyOf ?? [])].flatMap((member) => Object.keys(member.properties ?? {}));
}

function child(node: SchemaNode, key: string): SchemaNode | undefined {
  for (const member of [node, ...(node.anyOf ?? [])]) {
    if (member.properties !== undefined && Object.hasOwn(member.properties, key)) return member.properties[key];
    if (member.prefixItems !== undefined && /^\d+$/.test(key)) return member.prefixItems[Number(key)];
    if (typeof member.items === "object" && /^\d+$/.test(key)) return member.items;
    if (typeof member.additionalProperties === "object") return member.additionalProperties;
  }
  return undefined;
}

// a union's issue holds one list for each member: take the one that got furthest
function narrowest(issue: Issue): Issue {
  if (issue.code !== "invalid_union") return issue;
  let best: Issue | undefined;
  for (const [candidate] of issue.errors) {
    if (candidate !== undefined && (best === undefined || candidate.path.length > best.path.length)) best = candidate;
  }
  if (best === undefined || best.path.length === 0) return issue;
  const inner = narrowest(best);
  return { ...inner, path: [...issue.path, ...inner.path] };
}

function isUnknownKey(issue: Issue): boolean {
  return issue.code === "unrecognized_keys";
}

function keyOf(issue: Issue): string {
  const extra = issue.code === "unrecognized_keys" ? issue.keys.slice(0, 1) : [];
  return [...issue.path, ...extra].map(String).join(".");
}

function describe(issue: Issue, root: SchemaNode, value: unknown): { expected: string; got: string; hint?: string } {
  if (issue.code === "unrecognized_keys") return describeUnknownKey(issue.keys[0] ?? "", nodeAt(root, issue.path));
  const given = valueAt(value, issue.path);
  if (issue.code === "custom") return { expected: issue.message, got: show(given) };
  const node = nodeAt(root, issue.path);
  const enumeration = node?.enum ?? [];
  const similar =
    typeof given === "string"
      ? nearest(
          given,
          enumeration.filter((item) => typeof item === "string"),
        )
      : undefined;
  const expected = node === undefined ? sentenceOf(issue) : typeText(node);
  return {
    expected,
    got: show(given),
    ...(similar === undefined ? {} : { hint: `Did you mean ${JSON.stringify(similar)}?` }),
  };
}

function describeUnknownKey(
  key: string,
  node: SchemaNode | undefined,
): { expected: string; got: string; hint?: string } {
  const known = keysOf(node);
  const similar = nearest(key, known);
  return {
    expected: known.length === 0 ? "no keys here" : `one of the keys ${known.join(", ")}`,
    got: `the unknown key ${JSON.stringify(key)}`,
    ...(similar === undefined ? {} : { hint: `Did you mean ${JSON.stringify(similar)}?` }),
  };
}

function sentenceOf(issue: Issue): string {
  return issue.message.replace(/^(Invalid input|Too \w+): expected /, "");
}

/** A short text for the values that a node accepts, such as `integer >= 1` or `"cls" | "mean"`. */
export function typeText(node: SchemaNode): string {
  if (node.anyOf !== undefined) return node.anyOf.map(typeText).join(" | ");
  if (node.const !== undefined) return JSON.stringify(node.const);
  if (node.enum !== undefined) return node.enum.map((item) => JSON.stringify(item)).join(" | ");
  if (node.prefixItems !== undefined) return `[${node.prefixItems.map(typeText).join(", ")}]`;
  if (node.type === "array") return typeof node.items === "object" ? `list of ${typeText(node.items)}` : "list";
  if (node.type === "integer" || node.type === "number") return node.type + rangeText(node);
  if (node.type === "string" && node.minLength !== undefined) return "non-empty string";
  return node.type === undefined ? "anything" : [node.type].flat().join(" | ");
}

function rangeText({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: SchemaNode): string {
  const limits: string[] = [];
  if (minimum !== undefined && minimum !== Number.MIN_SAFE_INTEGER) limits.push(`>= ${minimum}`);
  if (exclusiveMinimum !== undefined) limits.push(`> ${exclusiveMinimum}`);
  if (maximum !== undefined && maximum !== Number.MAX_SAFE_INTEGER) limits.push(`<= ${maximum}`);
  if (exclusiveMaximum !== undefined) limits.push(`< ${exclusiveMaximum}`);
  return limits.length === 0 ? "" : ` ${limits.join(" and ")}`;
}

function valueAt(value: unknown, path: Path): unknown {
  let current = value;
  for (const key of path) {
    if (typeof current !== "object" || current === null) return undefined;
    current = (current as Record<PropertyKey, unknown>)[key];
  }
  return current;
}

/** A value in an error message: short, one line. */
function show(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "function" || typeof value === "symbol") return `a ${typeof value}`;
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  let text: string;
  try {
    text = JSON.stringify(value);
  } catch {
    text = `a ${typeof value}`;
  }
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

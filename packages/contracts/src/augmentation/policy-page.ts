/** The Markdown page of an augmentation policy, made from the policy itself. Not its picture, which `lejepa preview` makes. */
import { type OperationName, operationNames, operationSchemas } from "./operations.ts";
import type { AugmentationPolicy } from "./policy.ts";

/** What a page shows besides the policy. */
export interface PolicyPageOptions {
  /** File beside the page with views of real images; none: the page has no picture. */
  readonly picture?: string;
}

/**
 * A policy as a page: what it does with which settings and why, what it refuses and why, its sources.
 *
 * @returns Markdown that ends with a newline; operations in the order in which they act
 */
export function policyPage(policy: AugmentationPolicy, { picture }: PolicyPageOptions = {}): string {
  const { name, title, never, sources } = policy;
  const used = operationNames.filter((operation) => policy.operations[operation] !== undefined);
  const sections = [
    `# ${name}`,
    `Views of ${title}. Made from the policy's own data (\`policyPage\`), so that it cannot say anything else than what runs.`,
    ...(picture === undefined ? [] : [`![Views of real images under the policy ${name}](${picture})`]),
    `## Views\n\n${viewLines(policy).join("\n")}`,
    `## Operations\n\nIn the order in which they act.\n\n${table(
      ["operation", "settings", "why"],
      used.map((operation) => [`\`${operation}\``, settings(policy, operation), policy.reasons[operation] ?? ""]),
    )}`,
    `## Never\n\n${neverText(never)}`,
    `## Sources\n\n${sources.map((source) => `- ${source}`).join("\n")}`,
  ];
  return `${sections.join("\n\n")}\n`;
}

function viewLines({ views, border, reasons }: AugmentationPolicy): string[] {
  const percent = ([from, to]: readonly [number, number]): string => `${share(from)} to ${share(to)} % of the image`;
  const said = Object.entries({
    "Global crops": views.globalScale && percent(views.globalScale),
    "Local crops": views.localScale && percent(views.localScale),
    "Width over height": views.ratio && `${number(views.ratio[0])} to ${number(views.ratio[1])}`,
  }).flatMap(([what, text]) => (text === undefined ? [] : [`- ${what}: ${text}.`]));
  const crops = said.length > 0 ? said : ["- Crops as `views` has them by default."];
  return [
    ...crops,
    `- Outside the image: \`${border}\`.`,
    ...(reasons.views === undefined ? [] : [`- Why: ${reasons.views}.`]),
  ];
}

const share = (value: number): string => number(100 * value);
const number = (value: number): string => String(Number(value.toPrecision(4)));

// complete: what the policy does not say is the operation's own default
function settings({ operations }: AugmentationPolicy, name: OperationName): string {
  const options = operationSchemas[name].parse(operations[name]);
  return Object.entries(options)
    .map(([key, value]) => `${key} ${Array.isArray(value) ? value.map(number).join(" to ") : valueText(value)}`)
    .join(", ");
}

const valueText = (value: unknown): string => (typeof value === "number" ? number(value) : String(value));

function neverText(never: AugmentationPolicy["never"]): string {
  const rows = Object.entries(never).map(([key, reason]) => [`\`${key}\``, reason]);
  if (rows.length === 0) return "Nothing is refused.";
  return `Refused unless \`augment.force\` names it.\n\n${table(["operation", "why"], rows)}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`).join("\n");
}

// Puts the proposal of `lejepa plan` into the configuration file. JSON is edited in place, TypeScript and JavaScript through
// their syntax tree; both keep comments and layout. What cannot be edited safely is left alone. Files are replaced whole.
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join, resolve } from "node:path";
import { applySettings, LejepaError, parseConfig } from "@lejepa/contracts";
import { type ConfigBase, configFileNames, readConfigFile } from "../resolve-config.ts";
import { writeNew } from "../tables.ts";
import type { Proposal } from "./proposal.ts";

/** What became of it. */
export type Written =
  | { readonly file: string; readonly changed: boolean; readonly backup?: string }
  | { readonly problem: string };

const newFile = "lejepa.config.json";

/**
 * The file that --write changes: the one of --config, else the one in this folder, else a new lejepa.config.json.
 *
 * @throws LejepaError E_USAGE when --config names a file that is not there
 */
export function configToWrite(config: string | undefined): string {
  if (config !== undefined && !existsSync(config)) {
    throw new LejepaError({
      code: "E_USAGE",
      where: "--config",
      expected: "a configuration file",
      got: `${config}, which does not exist`,
    });
  }
  return config ?? configFileNames.find((name) => existsSync(name)) ?? newFile;
}

/** Writes the proposal into the file; a new file gets what the user said as well. */
export async function writeProposal(file: string, said: ConfigBase, proposal: readonly Proposal[]): Promise<Written> {
  if (!existsSync(file)) return writeJson(file, said, proposal);
  if (proposal.length === 0) return { file, changed: false };
  const text = readFileSync(file, "utf8");
  const isJson = extname(file) === ".json";
  try {
    const edited = isJson ? await editJson(text, proposal) : await editScript(text, proposal);
    await checkEdited(file, edited, proposal);
    if (isJson) {
      replaceFile(file, edited);
      return { file, changed: true };
    }
    const backup = freeName(`${file}.bak`);
    copyFileSync(file, backup);
    replaceFile(file, edited);
    return { file, changed: true, backup };
  } catch (cause) {
    const settings = proposal.map(({ setting }) => setting).join(", ");
    return {
      problem: `${basename(file)} cannot be edited safely (${(cause as Error).message}). Set by hand: ${settings}.`,
    };
  }
}

function writeJson(file: string, { value }: ConfigBase, proposal: readonly Proposal[]): Written {
  const config = applySettings(
    value,
    proposal.map(({ setting }) => setting),
  );
  replaceFile(file, `${JSON.stringify(config, null, 2)}\n`);
  return { file, changed: true };
}

async function editJson(text: string, proposal: readonly Proposal[]): Promise<string> {
  const { applyEdits, modify } = await import("jsonc-parser");
  const indent = /\n([ \t]+)\S/.exec(text)?.[1] ?? "  ";
  const formattingOptions = {
    insertSpaces: !indent.includes("\t"),
    tabSize: indent.length,
    eol: text.includes("\r\n") ? "\r\n" : "\n",
  };
  return proposal.reduce(
    (current, { key, value }) => applyEdits(current, modify(current, key.split("."), value, { formattingOptions })),
    text,
  );
}

async function editScript(text: string, proposal: readonly Proposal[]): Promise<string> {
  const { generateCode, parseModule } = await import("magicast");
  const { getDefaultExportOptions } = await import("magicast/helpers");
  const module = parseModule(text);
  const root = getDefaultExportOptions(module) as Record<string, unknown>;
  for (const { key, value } of proposal) {
    const names = key.split(".");
    const last = names.pop() as string;
    let node = root;
    for (const name of names) {
      if (node[name] === undefined) node[name] = {};
      node = node[name] as Record<string, unknown>;
    }
    node[last] = value;
  }
  const { code } = generateCode(module);
  return text.endsWith("\n") && !code.endsWith("\n") ? `${code}\n` : code;
}

// the edited file, read as any configuration is, must hold what was to be written
async function checkEdited(file: string, text: string, proposal: readonly Proposal[]): Promise<void> {
  const trial = join(dirname(resolve(file)), `.${process.pid}.${basename(file)}`);
  try {
    writeFileSync(trial, text);
    const value = await readConfigFile(trial);
    parseConfig(value, basename(file));
    for (const { key, value: wanted } of proposal) {
      const found = key
        .split(".")
        .reduce<unknown>((node, name) => (node as Record<string, unknown> | undefined)?.[name], value);
      if (JSON.stringify(found) !== JSON.stringify(wanted)) throw new Error(`${key} would be ${JSON.stringify(found)}`);
    }
  } finally {
    rmSync(trial, { force: true });
  }
}

function replaceFile(file: string, text: string): void {
  writeNew(file, [new TextEncoder().encode(text)], { replace: true });
}

function freeName(name: string): string {
  for (let i = 0; ; i++) {
    const candidate = i === 0 ? name : `${name}${i}`;
    if (!existsSync(candidate)) return candidate;
  }
}

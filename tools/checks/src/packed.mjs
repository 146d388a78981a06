// The step that looks at the packages as npm would publish them: packs each, reads the tarball with publint and attw,
// installs all tarballs into an empty project, imports every entry there, type-checks that and starts every command.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { root, run } from "./command.mjs";
import { workspacePackages } from "./packages.mjs";
import { addUp, oneCheck } from "./result.mjs";

/** @typedef {import("./packages.mjs").Package & { tarball: string }} Packed */

/** @returns {Promise<import("./result.mjs").Result>} */
export async function checkPacked() {
  const folder = mkdtempSync(join(tmpdir(), "lejepa-packed-"));
  try {
    const packed = await pack(folder);
    const results = [];
    for (const one of packed) results.push(await checkTarball(one));
    results.push(...(await checkConsumer(join(folder), packed)));
    return addUp(results);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} folder @returns {Promise<Packed[]>} */
async function pack(folder) {
  const published = workspacePackages().filter((one) => one.published);
  const args = published.flatMap((one) => ["-w", one.folder]);
  const { code, output } = await run("npm", ["pack", "--pack-destination", folder, ...args]);
  if (code !== 0) throw new Error(`npm pack failed:\n${output}`);
  const tarballs = readdirSync(folder);
  return published.map((one) => {
    const stem = one.name.replace("@", "").replace("/", "-");
    const tarball = tarballs.find((name) => name.startsWith(`${stem}-`) && /^-\d/.test(name.slice(stem.length)));
    if (!tarball) throw new Error(`npm pack left no tarball for ${one.name}`);
    return { ...one, tarball: join(folder, tarball) };
  });
}

/** @param {Packed} packed */
async function checkTarball({ name, folder, tarball }) {
  const bytes = readFileSync(tarball);
  const content = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const { messages } = await publint({ pack: { tarball: content }, strict: true });
  const manifest = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
  for (const message of messages) console.log(`${name}: publint: ${formatMessage(message, manifest)}`);
  const attw = await run("attw", [tarball, "--profile", "esm-only", "--format", "ascii", "--no-emoji"]);
  if (attw.code !== 0) console.log(`${name}: attw:\n${attw.output}`);
  return addUp([oneCheck(messages.length === 0), oneCheck(attw.code === 0)]);
}

/** @param {string} folder @param {Packed[]} packed */
async function checkConsumer(folder, packed) {
  writeConsumer(folder, packed);
  const install = await run("npm", ["install", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund"], {
    cwd: folder,
  });
  if (install.code !== 0) {
    console.log(`the packed packages do not install:\n${install.output}`);
    return [oneCheck(false)];
  }
  const results = [oneCheck(true), await report("import", run("node", ["import.mjs"], { cwd: folder }))];
  results.push(await report("types", checkTypes(folder)));
  for (const bin of packed.flatMap((one) => one.bins)) {
    const command = join(folder, "node_modules", ".bin", bin);
    results.push(await report(`${bin} --help`, run(command, ["--help"], { cwd: folder })));
  }
  return results;
}

/** Writes an empty project that depends on the tarballs and nothing else. @param {string} folder @param {Packed[]} packed */
function writeConsumer(folder, packed) {
  const dependencies = Object.fromEntries(packed.map((one) => [one.name, `file:${one.tarball}`]));
  const entries = packed.flatMap((one) => one.entries);
  const imports = `const empty = [];
for (const entry of ${JSON.stringify(entries)}) if (Object.keys(await import(entry)).length === 0) empty.push(entry);
if (empty.length > 0) throw new Error("nothing is exported by " + empty);
`;
  const uses = entries.map((entry, i) => `import * as entry${i} from "${entry}";\nexport const used${i} = entry${i};`);
  const compilerOptions = {
    module: "nodenext",
    target: "es2022",
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    types: ["node"],
    typeRoots: [join(root, "node_modules", "@types")],
  };
  const json = { name: "consumer", private: true, type: "module", dependencies };
  writeFileSync(join(folder, "package.json"), JSON.stringify(json, null, 2));
  writeFileSync(join(folder, "import.mjs"), imports);
  writeFileSync(join(folder, "use.ts"), `${uses.join("\n")}\n`);
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["use.ts"] }));
}

/** Library checks on, but only what is ours counts: some dependencies' own declarations do not pass. @param {string} folder */
async function checkTypes(folder) {
  const { output } = await run("tsc", ["-p", folder, "--pretty", "false"], { cwd: folder });
  const ours = output
    .split("\n")
    .filter((line) => /^(use\.ts|node_modules\/@lejepa\/)/.test(line) || line.startsWith("error "));
  return { code: ours.length === 0 ? 0 : 1, output: ours.join("\n") };
}

/** @param {string} what @param {Promise<{ code: number, output: string }>} running */
async function report(what, running) {
  const { code, output } = await running;
  if (code !== 0) console.log(`packed packages: ${what} failed:\n${output}`);
  return oneCheck(code === 0);
}

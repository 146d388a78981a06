// Lays out a folder that runs by itself: Node, node_modules with this platform's binaries only, the project, a command.
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { LejepaError } from "@lejepa/contracts";

/** The workspace's root folder. */
const root = fileURLToPath(new URL("../../../", import.meta.url));

/**
 * Fills `folder`.
 *
 * @param {string} folder
 * @param {{ project: string | undefined, datasets: readonly string[], gpuCheck: boolean, cuda: string | undefined }} options
 *   cuda: the folder of `lejepa setup cuda`
 */
export async function stage(folder, { project, datasets, gpuCheck, cuda }) {
  const tools = gpuCheck ? ["@lejepa/gpu-check"] : [];
  const names = ["@lejepa/cli", ...datasets.map((id) => `@lejepa/dataset-${id}`), ...tools];
  for (const path of installed(names)) copyPackage(path, folder);
  const node = join(folder, "node", "bin", "node");
  mkdirSync(dirname(node), { recursive: true });
  cpSync(realpathSync(process.execPath), node);
  if (project !== undefined) copyProject(project, join(folder, "project"));
  if (cuda !== undefined) cpSync(cuda, join(folder, "cuda"), { recursive: true, dereference: true });
  writeCommand(folder, "lejepa", "@lejepa/cli/bin/lejepa.js");
  if (gpuCheck) writeCommand(folder, "gpu-check", "@lejepa/gpu-check/dist/main.js");
}

/** A command at the top of the bundle. @param {string} folder @param {string} name @param {string} program */
function writeCommand(folder, name, program) {
  const file = join(folder, name);
  writeFileSync(
    file,
    `#!/bin/sh
here=$(cd "$(dirname "$0")" && pwd)
if [ -d "$here/cuda" ]; then export LEJEPA_CUDA="\${LEJEPA_CUDA-$here/cuda}"; fi
exec "$here/node/bin/node" "$here/node_modules/${program}" "$@"
`,
  );
  chmodSync(file, 0o755);
}

/** Folders of all packages that `names` need to run. @param {readonly string[]} names @returns {string[]} */
function installed(names) {
  const args = ["ls", "--omit=dev", "--all", "--parseable", ...names.flatMap((name) => ["-w", name])];
  let text = "";
  try {
    text = execFileSync("npm", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    // npm ls also fails over packages that have nothing to do with these, and then still lists what is there
    text = /** @type {{ stdout?: string }} */ (error).stdout ?? "";
  }
  const lines = text.split("\n").filter((line) => line.includes(`${sep}node_modules${sep}`));
  const missing = names.find((name) => !lines.includes(join(root, "node_modules", name)));
  if (missing === undefined) return [...new Set(lines)];
  throw new LejepaError({
    code: "E_USAGE",
    where: "offline-bundle",
    problem: `${missing} is not installed here`,
    hint: "npm ci",
  });
}

/** Copies a package to where Node finds it in the bundle. @param {string} path @param {string} folder */
function copyPackage(path, folder) {
  const real = realpathSync(path);
  const ours = !real.includes(`${sep}node_modules${sep}`);
  // node_modules/X, or packages/cli/node_modules/X: the second goes into node_modules/@lejepa/cli
  const [owner = "", ...rest] = relative(root, path).split(`node_modules${sep}`);
  const nested = owner === "" ? "" : join("node_modules", packageName(join(root, owner)));
  const target = join(folder, nested, "node_modules", rest.join(`node_modules${sep}`));
  if (ours && !existsSync(join(real, "dist")))
    throw new LejepaError({
      code: "E_USAGE",
      where: "offline-bundle",
      problem: `${basename(real)} is not built`,
      hint: "npm run build",
    });
  const kept = ours ? new Set(["dist", "bin", "python", "package.json", "LICENSE"]) : undefined;
  cpSync(real, target, {
    recursive: true,
    filter: (file) => {
      const [first = "", ...inner] = relative(real, file).split(sep);
      if (first === "node_modules" || file.endsWith(".map")) return false;
      return inner.length > 0 || first === "" || (kept?.has(first) ?? true);
    },
  });
  if (basename(path) === "onnxruntime-node") keepPlatform(join(target, "bin"));
}

/** @param {string} folder @returns {string} */
const packageName = (folder) => JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).name;

/** ONNX Runtime's package has the libraries of all systems. @param {string} bin */
function keepPlatform(bin) {
  for (const version of readdirSync(bin)) {
    for (const platform of readdirSync(join(bin, version))) {
      for (const arch of readdirSync(join(bin, version, platform))) {
        if (platform !== process.platform || arch !== process.arch)
          rmSync(join(bin, version, platform, arch), { recursive: true });
      }
    }
  }
}

/** Without its packages, runs and decoded images. @param {string} project @param {string} target */
function copyProject(project, target) {
  const left = new Set(["node_modules", "runs", ".lejepa", ".git"]);
  cpSync(project, target, {
    recursive: true,
    dereference: true,
    filter: (file) => !left.has(relative(project, file).split(sep)[0] ?? ""),
  });
}

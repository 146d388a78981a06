// Installs TensorFlow for the device `tensorflow` into a place of its own: tfjs-node as its authors publish it, or, where
// that cannot be downloaded or does not run here, its binding built against a Python package's TensorFlow. Each way is
// tried in a folder beside the place, and takes the place only after a program has computed with it.
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { platform } from "node:os";
import { dirname, join } from "node:path";
import { isLejepaError, LejepaError } from "@lejepa/contracts";
import { TFJS_KEY, tensorflowHome } from "@lejepa/engine";
import { type DeviceReport, probeDevice } from "../device-probe.ts";
import { buildBinding, pruneTensorflow, pythonTensorflow } from "./build-binding.ts";
import { runTool } from "./run-tool.ts";

/** What may be chosen. */
export interface TensorflowSetup {
  /** Only this way: `npm` (tfjs-node as it is) or `python` (its binding on a Python package's TensorFlow). */
  readonly from?: "npm" | "python";
  readonly gpu: boolean;
  readonly python: string;
}

/** What was installed. */
export interface TensorflowResult {
  readonly folder: string;
  readonly from: "npm" | "python";
  /** Version of TensorFlow; null where tfjs-node chose it. */
  readonly tensorflow: string | null;
  readonly device: Extract<DeviceReport, { ok: true }>;
}

// tfjs-node's version is the one of tfjs itself: they share tensors
const versions = { tfjs: "4.22.0", protobuf: "3.21.4", headers: "1.9.0" } as const;

/**
 * Installs and tries it.
 *
 * @throws LejepaError E_USAGE when a program that is needed is missing, E_IO, E_DEVICE when nothing that was installed runs
 */
export async function setupTensorflow(
  options: TensorflowSetup,
  note: (line: string) => void,
): Promise<TensorflowResult> {
  const home = tensorflowHome();
  mkdirSync(dirname(home), { recursive: true });
  const ways = options.from === undefined ? (["npm", "python"] as const) : [options.from];
  let last: unknown;
  for (const from of ways) {
    const place = mkdtempSync(`${home}-new-`);
    try {
      const tensorflow = await (from === "npm" ? fromNpm : fromPython)(place, options, note);
      const device = await tried(place, options.gpu);
      rmSync(home, { recursive: true, force: true });
      renameSync(place, home);
      return { folder: home, from, tensorflow, device };
    } catch (error) {
      if (!isLejepaError(error)) throw error;
      last = error;
      note(`not from ${from}: ${error.message}`);
    } finally {
      rmSync(place, { recursive: true, force: true });
    }
  }
  throw last;
}

const needNpm = "It comes with Node.js.";

const packageName = (gpu: boolean): string => (gpu ? "@tensorflow/tfjs-node-gpu" : "@tensorflow/tfjs-node");

/** tfjs-node with its own install script, which downloads libtensorflow 2.9 and a binding. */
async function fromNpm(place: string, { gpu }: TensorflowSetup, note: (line: string) => void): Promise<null> {
  const name = packageName(gpu);
  note(`installing ${name} ${versions.tfjs} as it is ...`);
  writeFileSync(join(place, "package.json"), JSON.stringify({ private: true }));
  const args = ["install", "--ignore-scripts=false", "--foreground-scripts", "--no-audit", "--no-fund"];
  await runTool("npm", [...args, `${name}@${versions.tfjs}`], { cwd: place, missing: needNpm });
  standIns(place);
  return null;
}

/** tfjs-node without its install script, its binding built here. */
async function fromPython(
  place: string,
  { gpu, python }: TensorflowSetup,
  note: (line: string) => void,
): Promise<string> {
  if (platform() !== "linux") {
    const problem = "builds against a Python package's TensorFlow on Linux only";
    throw new LejepaError({ code: "E_USAGE", where: "setup tensorflow", problem });
  }
  const found = await pythonTensorflow(place, { python, gpu, note });
  note("fetching tfjs-node's sources ...");
  const module = join(place, "node_modules", packageName(gpu));
  const headers = join(place, "headers");
  await unpack(place, `${packageName(gpu)}@${versions.tfjs}`, module);
  await unpack(place, `google-protobuf@${versions.protobuf}`, join(place, "node_modules", "google-protobuf"));
  await unpack(place, `node-api-headers@${versions.headers}`, headers);
  standIns(place);
  note("compiling the binding ...");
  await buildBinding(found, { place, module, headers: join(headers, "include") });
  rmSync(headers, { recursive: true });
  if (found.folder.startsWith(place)) pruneTensorflow(found);
  return found.version;
}

/** One package, without what it depends on and without running anything of it. */
async function unpack(place: string, spec: string, folder: string): Promise<void> {
  const packed = await runTool("npm", ["pack", "--silent", "--ignore-scripts", spec], { cwd: place, missing: needNpm });
  const archive = join(place, packed.trim().split("\n").at(-1) ?? "");
  mkdirSync(folder, { recursive: true });
  await runTool("tar", ["-xzf", archive, "-C", folder, "--strip-components=1"], { missing: "Install tar." });
  rmSync(archive);
}

/** In place of tfjs itself: it is the engine's own, which it leaves there before it loads tfjs-node. */
function standIns(place: string): void {
  const modules = join(place, "node_modules", "@tensorflow");
  for (const name of ["tfjs", "tfjs-core"]) {
    const folder = join(modules, name);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const content = { name: `@tensorflow/${name}`, version: versions.tfjs, main: "index.js" };
    writeFileSync(join(folder, "package.json"), JSON.stringify(content));
    writeFileSync(join(folder, "index.js"), `module.exports = globalThis[Symbol.for(${JSON.stringify(TFJS_KEY)})];\n`);
  }
}

/** Computes with what is in `place`. */
async function tried(place: string, gpu: boolean): Promise<Extract<DeviceReport, { ok: true }>> {
  const report = await probeDevice("tensorflow", { env: { LEJEPA_TENSORFLOW: place } });
  const where = "setup tensorflow";
  if (!report.ok) throw new LejepaError({ code: "E_DEVICE", where, problem: report.problem });
  if (!gpu || report.gpu === true) return report;
  throw new LejepaError({ code: "E_DEVICE", where, problem: "TensorFlow runs, but finds no GPU that it can use" });
}

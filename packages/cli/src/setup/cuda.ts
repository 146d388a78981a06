// Installs what the device `cuda` needs beyond npm: ONNX Runtime's CUDA provider, CUDA's and cuDNN's libraries. From Python
// packages (everything at once, into a folder of its own), by onnxruntime-node's own install script (the provider only: CUDA
// is then the system's), or from a folder that the user has brought. What is missing after that is said by name.
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { arch, platform } from "node:os";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { isLejepaError, LejepaError } from "@lejepa/contracts";
import { CUDA_FILE, type CudaCheck, type CudaInstall, cudaHome, cudaVersionText, findCuda } from "@lejepa/engine";
import { type DeviceReport, probeDevice } from "../device-probe.ts";
import { cudaFromPython } from "./cuda-python.ts";
import { cudaInFolder } from "./cuda-folder.ts";
import { runTool } from "./run-tool.ts";

/** What may be chosen. */
export interface CudaSetup {
  /** Only this way: `python` (pip's packages) or `npm` (onnxruntime-node's install script). */
  readonly from?: "npm" | "python";
  /** Take the libraries that are in this folder. */
  readonly folder?: string;
  readonly python: string;
}

/** What was installed, and whether it works. */
export interface CudaResult extends CudaCheck {
  /** Folder of setup, or of onnxruntime-node. */
  readonly place: string;
  readonly from: "npm" | "python" | "folder";
  readonly device: DeviceReport;
}

/**
 * Installs, loads what was installed, and tries the GPU. Without a GPU the installation stays: it may be carried to one.
 *
 * @throws LejepaError E_USAGE when a program or the folder is missing, E_IO when a download fails, E_DEVICE when a library
 * does not load
 */
export async function setupCuda(options: CudaSetup, note: (line: string) => void): Promise<CudaResult> {
  if (platform() !== "linux" || arch() !== "x64") {
    const hint = "Use --device webgpu, or Linux on x64.";
    throw new LejepaError({
      code: "E_USAGE",
      where: "setup cuda",
      expected: "Linux on x64",
      got: `${platform()}-${arch()}`,
      hint,
    });
  }
  if (options.folder !== undefined) {
    const folder = resolve(options.folder);
    return inPlace("folder", note, async () => cudaInFolder(folder));
  }
  const ways = options.from === undefined ? (["python", "npm"] as const) : [options.from];
  let last: unknown;
  for (const from of ways) {
    try {
      if (from === "npm") return await fromNpm(note);
      return await inPlace("python", note, (place) => cudaFromPython(place, { python: options.python, note }));
    } catch (error) {
      if (!isLejepaError(error)) throw error;
      last = error;
      if (ways.length > 1) note(`not from ${from}: ${error.message}`);
    }
  }
  throw last;
}

/** Fills a new folder, which takes setup's place once its libraries have been loaded. */
async function inPlace(
  from: "python" | "folder",
  note: (line: string) => void,
  fill: (place: string) => Promise<CudaInstall>,
): Promise<CudaResult> {
  const home = cudaHome();
  mkdirSync(dirname(home), { recursive: true });
  const place = mkdtempSync(`${home}-new-`);
  try {
    const install = await fill(place);
    // inside the place paths are relative, so that it may be moved or carried to another machine
    const stored = (file: string): string => (file.startsWith(place + sep) ? relative(place, file) : file);
    const content = { library: stored(install.library), preload: install.preload.map(stored) };
    writeFileSync(join(place, CUDA_FILE), `${JSON.stringify(content, null, 2)}\n`);
    note("loading the libraries ...");
    const check = await checked(place);
    rmSync(home, { recursive: true, force: true });
    renameSync(place, home);
    return { place: home, from, ...check, device: await probeDevice("cuda") };
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

async function fromNpm(note: (line: string) => void): Promise<CudaResult> {
  const engine = createRequire(import.meta.url).resolve("@lejepa/engine");
  const place = dirname(createRequire(engine).resolve("onnxruntime-node/package.json"));
  note("running onnxruntime-node's install script (hundreds of megabytes) ...");
  const script = [join(place, "script", "install.js"), "--onnxruntime-node-install=cuda12"];
  await runTool(process.execPath, script, { missing: "It comes with onnxruntime-node." });
  rmSync(join(cudaHome(), CUDA_FILE), { force: true });
  const check = await checked(cudaHome());
  return { place, from: "npm", ...check, device: await probeDevice("cuda") };
}

const child = fileURLToPath(import.meta.resolve("./cuda-check-child.js"));

/** Loads the installation at `home` in a process of its own. */
async function checked(home: string): Promise<CudaCheck> {
  if (findCuda(home) === undefined) {
    const problem = "there is no CUDA provider after the installation";
    throw new LejepaError({ code: "E_IO", where: "setup cuda", problem });
  }
  const text = await runTool(process.execPath, [child, home], { missing: "It is this program." });
  const answer = JSON.parse(text.trim().split("\n").at(-1) ?? "") as CudaCheck & { readonly problem?: string };
  if (answer.problem === undefined) return answer;
  throw new LejepaError({ code: "E_DEVICE", where: "setup cuda", problem: answer.problem });
}

/** The result in lines: versions, and what is missing. */
export function describeCuda({ place, onnxruntime, cuda, cudnn, missing, device }: CudaResult): string[] {
  const versions = [
    `ONNX Runtime ${onnxruntime}`,
    `CUDA ${cuda === null ? "of the system" : cudaVersionText(cuda)}`,
    `cuDNN ${cudnn === null ? "of the system" : cudnnVersionText(cudnn)}`,
  ];
  const lines = [`${versions.join(", ")}, in ${place}`];
  if (device.ok) {
    lines.push(
      `works: ${device.gigaflops.toFixed(1)} GFLOP/s (matrix product)`,
      "use it:  lejepa pretrain --device cuda",
    );
    return lines;
  }
  if (missing !== null && !missing.startsWith("libcuda.so"))
    lines.push(`missing: ${missing} (CUDA's or cuDNN's own installers bring it)`);
  lines.push(`does not work yet: ${device.problem}`);
  return lines;
}

/** 91002 -> `9.10.2`. */
const cudnnVersionText = (version: number): string =>
  `${Math.floor(version / 10000)}.${Math.floor((version % 10000) / 100)}.${version % 100}`;

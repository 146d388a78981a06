// The libraries inside Python packages: `onnxruntime-gpu` of onnxruntime-node's version, and the packages of CUDA and cuDNN
// that it names as its extras. Nothing of Python is used but pip, which downloads and unpacks.
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { LejepaError } from "@lejepa/contracts";
import { type CudaInstall, cudaProviderFile } from "@lejepa/engine";
import { cudaInFolder, cudaLibraries, filesBelow } from "./cuda-folder.ts";
import { runTool } from "./run-tool.ts";

const missing = "It needs Python 3 with pip (Debian: python3 and python3-pip); name another one with --python FILE.";

/**
 * Downloads into `place/python`.
 *
 * @throws LejepaError E_USAGE without Python, E_IO without pip or network
 */
export async function cudaFromPython(
  place: string,
  { python, note }: { readonly python: string; readonly note: (line: string) => void },
): Promise<CudaInstall> {
  const target = join(place, "python");
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-cache-dir", "--target", target];
  const version = onnxruntimeVersion();
  note(`downloading onnxruntime-gpu ${version} with pip ...`);
  // its libraries are the same for every Python, so any that the release was built for does
  const any = ["--no-deps", "--only-binary=:all:", "--platform", "manylinux_2_28_x86_64", "--python-version", "3.12"];
  await runTool(python, [...pip, ...any, `onnxruntime-gpu==${version}`], { missing });
  const wanted = cudaPackages(metadataIn(target));
  note(`downloading CUDA with pip (gigabytes): ${wanted.join(", ")} ...`);
  await runTool(python, [...pip, ...wanted], { missing });
  const files = filesBelow(target);
  const install = { ...cudaInFolder(target), preload: cudaLibraries(files) };
  prune(target, install, files);
  return install;
}

function onnxruntimeVersion(): string {
  const engine = createRequire(import.meta.url).resolve("@lejepa/engine");
  const file = createRequire(engine).resolve("onnxruntime-node/package.json");
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}

function metadataIn(target: string): string {
  const info = readdirSync(target).find((entry) => /^onnxruntime_gpu-.*\.dist-info$/.test(entry));
  if (info !== undefined) return readFileSync(join(target, info, "METADATA"), "utf8");
  throw new LejepaError({ code: "E_IO", where: "onnxruntime-gpu", problem: "was not unpacked as a Python package" });
}

/** Packages of the extras `cuda` and `cudnn`, as pip wants them: `nvidia-cufft~=12.0`. */
export function cudaPackages(metadata: string): string[] {
  return metadata.split("\n").flatMap((line) => {
    const match = /^Requires-Dist: (nvidia-[^;]+?)\s*;\s*extra == ["'](?:cuda|cudnn)["']/.exec(line);
    return match === null ? [] : [(match[1] as string).replaceAll(/[\s()]/g, "")];
  });
}

/** Leaves the libraries and the licences. */
function prune(target: string, { library }: CudaInstall, files: readonly string[]): void {
  const runtime = dirname(library);
  const kept = new Set([basename(library), cudaProviderFile, cudaProviderFile.replace("cuda", "shared")]);
  for (const file of files) {
    const inRuntime = file.startsWith(join(target, "onnxruntime"));
    const needed = inRuntime ? dirname(file) === runtime && kept.has(basename(file)) : /\.so(\.\d+)*$/.test(file);
    if (!needed && !/license|copying|eula|notice/i.test(file)) rmSync(file);
  }
}

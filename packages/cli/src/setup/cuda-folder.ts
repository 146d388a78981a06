// Finds ONNX Runtime with its CUDA provider, and CUDA's and cuDNN's libraries, anywhere below a folder.
import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { LejepaError } from "@lejepa/contracts";
import { type CudaInstall, cudaLibraryNames, cudaProviderFile } from "@lejepa/engine";

/**
 * The installation in `folder`. Libraries of CUDA that are not there are left to the system's loader.
 *
 * @throws LejepaError E_USAGE when there is no such folder, or no ONNX Runtime with the provider in it
 */
export function cudaInFolder(folder: string): CudaInstall {
  const where = "setup cuda --folder";
  if (!existsSync(folder) || !statSync(folder).isDirectory())
    throw new LejepaError({ code: "E_USAGE", where, expected: "a folder", got: folder });
  const files = filesBelow(folder);
  const provider = files.find((file) => basename(file) === cudaProviderFile);
  const library =
    provider &&
    files.find((file) => dirname(file) === dirname(provider) && /^libonnxruntime\.so(\.\d+)*$/.test(basename(file)));
  if (library === undefined) {
    const expected = `libonnxruntime.so with ${cudaProviderFile} beside it`;
    const hint = "Unpack ONNX Runtime's GPU archive there, or a wheel of onnxruntime-gpu.";
    throw new LejepaError({ code: "E_USAGE", where, expected, got: "no such files", hint });
  }
  return { library, preload: cudaLibraries(files) };
}

/** CUDA's libraries among `files`, in the order in which they are loaded. */
export function cudaLibraries(files: readonly string[]): string[] {
  return cudaLibraryNames.flatMap((name) => {
    // with its major version: what others ask for
    const pattern = new RegExp(`^lib${name}\\.so\\.\\d+$`);
    const found = files.find((file) => pattern.test(basename(file)));
    return found === undefined ? [] : [found];
  });
}

/** Every file below `folder`; links that lead in circles are not followed. */
export function filesBelow(folder: string, depth = 8): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return depth > 0 ? filesBelow(path, depth - 1) : [];
    return [path];
  });
}

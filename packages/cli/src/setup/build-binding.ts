// Builds tfjs-node's native binding against the TensorFlow inside a Python package: its C library speaks the same C API as
// the libtensorflow that tfjs-node was made for, but is of today and knows today's GPUs. Linux only. Nothing is patched: the
// C++ sources of tfjs-node 4.22.0 compile as they are with the headers of TensorFlow 2.21 (older ones are allowed, and not tried).
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { arch } from "node:os";
import { join, relative, sep } from "node:path";
import { LejepaError } from "@lejepa/contracts";
import { runTool } from "./run-tool.ts";

/** What of the Python side is used. */
export interface PythonTensorflow {
  /** Folder of the package `tensorflow`. */
  readonly folder: string;
  readonly version: string;
}

const needPython =
  "It needs Python 3.9 or newer with pip (Debian: python3 and python3-pip); name another one with --python FILE.";

const examine = `
import importlib.util, importlib.metadata, json, os, sys
spec = importlib.util.find_spec("tensorflow")
def version():
    for name in ("tensorflow", "tensorflow-cpu", "tensorflow_cpu"):
        try: return importlib.metadata.version(name)
        except Exception: pass
folder = os.path.dirname(spec.origin) if spec and spec.origin else None
print(json.dumps({"folder": folder, "version": version(), "pip": importlib.util.find_spec("pip") is not None}))`;

/**
 * The TensorFlow of the given Python, or one that pip downloads into `place/python`.
 *
 * @throws LejepaError E_USAGE without Python or pip, E_IO when the download fails
 */
export async function pythonTensorflow(
  place: string,
  { python, gpu, note }: { readonly python: string; readonly gpu: boolean; readonly note: (line: string) => void },
): Promise<PythonTensorflow> {
  const answer = await runTool(python, ["-c", examine], { missing: needPython });
  const { folder, version, pip } = JSON.parse(answer) as {
    folder: string | null;
    version: string | null;
    pip: boolean;
  };
  if (folder !== null && version !== null && existsSync(join(folder, library))) {
    note(`using TensorFlow ${version} of ${python}`);
    return { folder, version };
  }
  if (!pip) throw new LejepaError({ code: "E_USAGE", where: python, problem: "has no pip", hint: needPython });
  const target = join(place, "python");
  const name = gpu ? "tensorflow[and-cuda]" : arch() === "x64" ? "tensorflow-cpu" : "tensorflow";
  note(`downloading ${name} with pip (hundreds of megabytes) ...`);
  const alone = gpu ? [] : ["--no-deps"];
  const args = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", target, ...alone];
  await runTool(python, [...args, `${name}>=2.16,<2.22`], { missing: needPython });
  return { folder: join(target, "tensorflow"), version: installedVersion(target) };
}

function installedVersion(target: string): string {
  const info = readdirSync(target).find((entry) => /^tensorflow(_cpu)?-[\d.]+\.dist-info$/.test(entry));
  return /-([\d.]+)\.dist-info$/.exec(info ?? "")?.[1] ?? "unknown";
}

const library = "libtensorflow_cc.so.2";
const framework = "libtensorflow_framework.so.2";

/**
 * Compiles the binding into the tfjs-node package at `module`.
 *
 * @throws LejepaError E_USAGE without g++, E_IO when TensorFlow's headers do not fit
 */
export async function buildBinding(
  { folder }: PythonTensorflow,
  { place, module, headers }: { readonly place: string; readonly module: string; readonly headers: string },
): Promise<void> {
  const out = join(module, "lib", "napi-v8");
  mkdirSync(out, { recursive: true });
  // inside the place the path is relative, so that the place may be moved or carried to another machine
  const inside = folder.startsWith(place + sep);
  // not by join, which would take $ORIGIN for a folder to go up from
  const path = inside ? `$ORIGIN/${relative(out, folder)}` : folder;
  const args = ["-std=c++17", "-O2", "-fPIC", "-shared", "-DNAPI_VERSION=8"];
  const includes = [`-I${join(folder, "include")}`, `-I${headers}`];
  const sources = ["tfjs_backend.cc", "tfjs_binding.cc"].map((file) => join(module, "binding", file));
  const links = [join(folder, library), join(folder, framework), `-Wl,-rpath,${path}`];
  await runTool("g++", [...args, ...includes, ...sources, "-o", join(out, "tfjs_binding.node"), ...links], {
    missing: "It compiles a small C++ file: install a C++ compiler (Debian: g++).",
  });
}

/** Removes what pip brought and the binding does not use: half of it. */
export function pruneTensorflow({ folder }: PythonTensorflow): void {
  const kept = new Set([library, framework, "LICENSE", "THIRD_PARTY_NOTICES.txt"]);
  for (const entry of readdirSync(folder)) {
    if (!kept.has(entry)) rmSync(join(folder, entry), { recursive: true, force: true });
  }
}

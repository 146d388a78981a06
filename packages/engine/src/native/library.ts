// ONNX Runtime's C API, called through koffi on any libonnxruntime: the one that onnxruntime-node ships, or another of
// the same API. The API is a table of functions to which later versions only append, so a place in the table is for ever.
// Not what is done with it (session.ts), and not where a library is found (cuda-install.ts).
import { createRequire } from "node:module";
import path from "node:path";
import { LejepaError } from "@lejepa/contracts";

type Koffi = typeof import("koffi");

/** A pointer of the C side. */
export type Pointer = bigint;

/** Version of the API that is asked for; its functions are all of 1.20 and before. */
const API_VERSION = 20;

const OUT = "_Out_ void **";
/** A path: wide characters on Windows. */
const PATH = process.platform === "win32" ? "const char16_t *" : "const char *";

/** Functions that are used: place in the table, and types of the arguments. All but {@link plain} give a status. */
const functions = {
  CreateEnv: [3, ["int", "const char *", OUT]],
  CreateSessionFromArray: [8, ["void *", "const void *", "size_t", "void *", OUT]],
  CreateSessionOptions: [10, [OUT]],
  EnableProfiling: [14, ["void *", PATH]],
  DisableMemPattern: [17, ["void *"]],
  SetSessionLogSeverityLevel: [22, ["void *", "int"]],
  SetSessionGraphOptimizationLevel: [23, ["void *", "int"]],
  SetIntraOpNumThreads: [24, ["void *", "int"]],
  CreateTensorWithDataAsOrtValue: [49, ["void *", "void *", "size_t", "const int64_t *", "size_t", "int", OUT]],
  GetTensorMutableData: [51, ["void *", OUT]],
  CreateMemoryInfo: [68, ["const char *", "int", "int", "int", OUT]],
  AllocatorFree: [76, ["void *", "void *"]],
  GetAllocatorWithDefaultOptions: [78, [OUT]],
  SessionEndProfiling: [110, ["void *", "void *", OUT]],
  GetAvailableProviders: [125, [OUT, "_Out_ int *"]],
  AddSessionConfigEntry: [130, ["void *", "const char *", "const char *"]],
  RunWithBinding: [133, ["void *", "void *", "void *"]],
  CreateIoBinding: [134, ["void *", OUT]],
  BindInput: [136, ["void *", "const char *", "void *"]],
  BindOutput: [137, ["void *", "const char *", "void *"]],
  BindOutputToDevice: [138, ["void *", "const char *", "void *"]],
  GetBoundOutputValues: [140, ["void *", "void *", OUT, "_Out_ size_t *"]],
  SynchronizeBoundOutputs: [203, ["void *"]],
  SessionOptionsAppendExecutionProvider_CUDA_V2: [204, ["void *", "void *"]],
  CreateCUDAProviderOptions: [205, [OUT]],
  UpdateCUDAProviderOptions: [206, ["void *", "const char **", "const char **", "size_t"]],
  SessionOptionsAppendExecutionProvider: [216, ["void *", "const char *", "const char **", "const char **", "size_t"]],
} as const satisfies Record<string, readonly [number, readonly string[]]>;

/** Functions that free something and give nothing. */
const plain = {
  ReleaseEnv: 92,
  ReleaseStatus: 93,
  ReleaseSession: 95,
  ReleaseValue: 96,
  ReleaseSessionOptions: 100,
  ReleaseIoBinding: 135,
  ReleaseCUDAProviderOptions: 208,
} as const;

/** A function that can fail. */
export type Call = keyof typeof functions;
/** A function that frees. */
export type Release = keyof typeof plain;

/** What ONNX Runtime said when a call failed. Callers turn it into a LejepaError, for they know what was tried. */
export class RuntimeFailure extends Error {}

type Native = ((...args: unknown[]) => unknown) & { async: (...args: unknown[]) => void };

let loadingKoffi: Promise<Koffi> | undefined;

/**
 * koffi, loaded on first use.
 *
 * @throws LejepaError E_DEVICE where it has no binary for this platform
 */
export function loadKoffi(): Promise<Koffi> {
  loadingKoffi ??= import("koffi").then(({ default: koffi }) => enlargeStacks(koffi as unknown as Koffi));
  return loadingKoffi.catch((cause: unknown) => {
    const problem = `koffi, which calls native libraries, cannot be loaded: ${(cause as Error).message}`;
    throw new LejepaError({ code: "E_DEVICE", where: `${process.platform}-${process.arch}`, problem, cause });
  });
}

// ONNX Runtime's graph passes recurse deeper than koffi's own stacks of 256 KiB
function enlargeStacks(koffi: Koffi): Koffi {
  const bytes = 8 * 2 ** 20;
  koffi.config({ ...koffi.config(), sync_stack_size: bytes, async_stack_size: bytes });
  return koffi;
}

const kept: unknown[] = [];

/** Loads a library for as long as the process lives: koffi unloads it, functions and all, when its handle is collected. */
export function loadForever(koffi: Koffi, ...args: Parameters<Koffi["load"]>): ReturnType<Koffi["load"]> {
  const library = koffi.load(...args);
  kept.push(library);
  return library;
}

/** The libonnxruntime inside the package onnxruntime-node. */
export function bundledLibrary(): string {
  const folder = path.dirname(createRequire(import.meta.url).resolve("onnxruntime-node/package.json"));
  const { platform, arch } = process;
  const names: Partial<Record<NodeJS.Platform, string>> = {
    win32: "onnxruntime.dll",
    darwin: "libonnxruntime.1.dylib",
  };
  return path.join(folder, "bin", "napi-v6", platform, arch, names[platform] ?? "libonnxruntime.so.1");
}

const opened = new Map<string, Promise<OrtLibrary>>();

/**
 * Opens a libonnxruntime, once for the process.
 *
 * @throws LejepaError E_DEVICE when it cannot be loaded, or its API is older than what is used here
 */
export function openLibrary(file = bundledLibrary()): Promise<OrtLibrary> {
  const known = opened.get(file);
  if (known !== undefined) return known;
  const opening = loadKoffi().then((koffi) => new OrtLibrary(koffi, file));
  opened.set(file, opening);
  opening.catch(() => opened.delete(file));
  return opening;
}

/** A loaded libonnxruntime. */
export class OrtLibrary {
  /** Its release, e.g. `1.30.0`. */
  readonly version: string;
  /** The environment that sessions are made in, until the process ends. */
  readonly env: Pointer;
  readonly #koffi: Koffi;
  readonly #table: readonly Pointer[];
  readonly #natives = new Map<string, Native>();
  readonly #memories = new Map<string, Pointer>();
  /** Calls on other threads that have not returned. */
  #running = 0;

  constructor(koffi: Koffi, file: string) {
    this.#koffi = koffi;
    const { version, table } = openTable(koffi, file);
    this.version = version;
    this.#table = table;
    // 3: errors only
    this.env = this.make("CreateEnv", 3, "lejepa");
    process.once("exit", () => this.#close());
  }

  // the CUDA provider crashes in its destructors unless the environment has let go of it; what still runs keeps it
  #close(): void {
    if (this.#running === 0) this.release("ReleaseEnv", this.env);
  }

  /** Calls `name`. @throws RuntimeFailure */
  call(name: Call, ...args: readonly unknown[]): void {
    this.#check(this.#native(name)(...args) as Pointer | null);
  }

  /** Calls `name` on another thread; what the arguments point to is kept by the caller. @throws RuntimeFailure */
  async callAsync(name: Call, ...args: readonly unknown[]): Promise<void> {
    this.#running++;
    const status = await new Promise<Pointer | null>((resolve, reject) => {
      this.#native(name).async(...args, (error: Error | null, result: Pointer | null) =>
        error === null ? resolve(result) : reject(error),
      );
    }).finally(() => this.#running--);
    this.#check(status);
  }

  /** Calls `name` with one more argument, where it leaves a pointer. @throws RuntimeFailure */
  make(name: Call, ...args: readonly unknown[]): Pointer {
    const out: [Pointer | null] = [null];
    this.call(name, ...args, out);
    return out[0] as Pointer;
  }

  /** As {@link make}, on another thread. */
  async makeAsync(name: Call, ...args: readonly unknown[]): Promise<Pointer> {
    const out: [Pointer | null] = [null];
    await this.callAsync(name, ...args, out);
    return out[0] as Pointer;
  }

  /** Calls `name` with two more arguments, where it leaves an array of pointers and its length. */
  list(name: Call, ...args: readonly unknown[]): { readonly array: Pointer | null; readonly items: Pointer[] } {
    const array: [Pointer | null] = [null];
    const count: [number] = [0];
    this.call(name, ...args, array, count);
    const [length] = [Number(count[0])];
    if (array[0] === null || length === 0) return { array: array[0], items: [] };
    return { array: array[0], items: this.#koffi.decode(array[0], this.#koffi.array("void *", length)) as Pointer[] };
  }

  /** Execution providers that the library was built with, as it names them. */
  providers(): string[] {
    return this.list("GetAvailableProviders").items.map((item) => this.#string(item));
  }

  /** The description of a provider's memory; it lives as long as the process. */
  memory(name: string, index: number): Pointer {
    const key = `${name} ${index}`;
    const known = this.#memories.get(key);
    if (known !== undefined) return known;
    const made = this.make("CreateMemoryInfo", name, 0, index, 0);
    this.#memories.set(key, made);
    return made;
  }

  /** Frees something. */
  release(name: Release, pointer: Pointer): void {
    this.#native(name)(pointer);
  }

  #string(pointer: Pointer): string {
    return this.#koffi.decode(pointer, "char", -1) as string;
  }

  #check(status: Pointer | null): void {
    if (status === null) return;
    const message = this.#koffi.decode(this.#table[2], this.#koffi.proto("const char *", ["void *"])) as Native;
    const text = message(status) as string;
    this.release("ReleaseStatus", status);
    throw new RuntimeFailure(text);
  }

  #native(name: Call | Release): Native {
    const known = this.#natives.get(name);
    if (known !== undefined) return known;
    const [place, result, types] =
      name in plain
        ? ([plain[name as Release], "void", ["void *"]] as const)
        : ([functions[name as Call][0], "void *", functions[name as Call][1]] as const);
    const proto = this.#koffi.proto(result, [...types]);
    const made = this.#koffi.decode(this.#table[place], proto) as Native;
    this.#natives.set(name, made);
    return made;
  }
}

function openTable(koffi: Koffi, file: string): { version: string; table: Pointer[] } {
  const where = `ONNX Runtime (${path.basename(file)})`;
  let base: Pointer;
  try {
    base = loadForever(koffi, file).func("void *OrtGetApiBase(void)")() as Pointer;
  } catch (cause) {
    const problem = `cannot be loaded: ${(cause as Error).message.split("\n")[0] ?? ""}`;
    throw new LejepaError({ code: "E_DEVICE", where, problem, cause });
  }
  const [getApi, getVersion] = koffi.decode(base, koffi.array("void *", 2)) as [Pointer, Pointer];
  const version = (koffi.decode(getVersion, koffi.proto("const char *", [])) as Native)() as string;
  // asked for a version that it lacks, the library prints to stderr: its own is looked at first
  const minor = Number(version.split(".")[1]);
  if (!(minor >= API_VERSION))
    throw new LejepaError({ code: "E_DEVICE", where, expected: `version 1.${API_VERSION} or newer`, got: version });
  const api = (koffi.decode(getApi, koffi.proto("void *", ["uint32_t"])) as Native)(API_VERSION) as Pointer;
  const length = Math.max(...Object.values(functions).map(([place]) => place)) + 1;
  return { version, table: koffi.decode(api, koffi.array("void *", length)) as Pointer[] };
}

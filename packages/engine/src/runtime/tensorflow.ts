// TensorFlow through tfjs-node's native binding: where an installation is found and how it is loaded. Not how it is
// installed (`lejepa setup tensorflow`). The package's own entry is passed by: it wants an installer's helper, downloads
// nothing but refuses what it did not put there itself, and makes itself everybody's default backend.
import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { isLejepaError, LejepaError } from "@lejepa/contracts";
import * as tf from "@tensorflow/tfjs";
import { dataFolder } from "../data-folder.ts";
import { TENSORFLOW_BACKEND } from "../ops/_native.ts";

/** tfjs-node with its native binding. */
export interface TensorflowInstall {
  /** `@tensorflow/tfjs-node` or `@tensorflow/tfjs-node-gpu`. */
  readonly name: string;
  /** Folder of the package. */
  readonly folder: string;
  /** File of the native binding. */
  readonly binding: string;
}

/** TensorFlow, loaded. */
export interface Tensorflow {
  /** Name of the tfjs backend. */
  readonly name: string;
  /** True when it computes on a GPU. */
  readonly gpu: boolean;
  /** Uploads bytes, a quarter of what int32 takes, and widens them on the device. */
  bytes(data: Uint8Array, shape: readonly number[]): tf.Tensor;
}

const packages = ["@tensorflow/tfjs-node-gpu", "@tensorflow/tfjs-node"] as const;

/**
 * Where `lejepa setup tensorflow` installs: the folder that `LEJEPA_TENSORFLOW` names, else `lejepa/tensorflow` in the
 * user's folder for data.
 */
export const tensorflowHome = (): string => dataFolder("LEJEPA_TENSORFLOW", "tensorflow");

/** The installation that is used: the one of `lejepa setup`, else of the present project, else beside this package. */
export function findTensorflow(): TensorflowInstall | undefined {
  const roots = [tensorflowHome(), process.cwd(), path.dirname(fileURLToPath(import.meta.url))];
  for (const root of roots) {
    for (const name of packages) {
      const found = installIn(root, name);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function installIn(root: string, name: string): TensorflowInstall | undefined {
  let folder: string;
  try {
    folder = path.dirname(createRequire(path.join(root, "any.js")).resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
  const lib = path.join(folder, "lib");
  const versions = existsSync(lib) ? readdirSync(lib).filter((entry) => /^napi-v\d+$/.test(entry)) : [];
  const bindings = versions
    .sort((a, b) => Number(b.slice(6)) - Number(a.slice(6)))
    .map((version) => path.join(lib, version, "tfjs_binding.node"))
    .filter((file) => existsSync(file));
  return bindings[0] === undefined ? undefined : { name, folder, binding: bindings[0] };
}

let loading: Promise<Tensorflow> | undefined;

/**
 * Loads TensorFlow once for the process and registers its tfjs backend. The first caller's `threads` count for all.
 *
 * @throws LejepaError E_DEVICE when it is not installed, or cannot be loaded
 */
export function openTensorflow(threads: number | undefined): Promise<Tensorflow> {
  loading ??= load(threads);
  // a later try may find what is installed in the meantime
  loading.catch(() => {
    loading = undefined;
  });
  return loading;
}

const HINT = "Install it with `lejepa setup tensorflow`, or run with another device.";

async function load(threads: number | undefined): Promise<Tensorflow> {
  const install = findTensorflow();
  if (install === undefined)
    throw new LejepaError({ code: "E_DEVICE", where: "device tensorflow", problem: "is not installed", hint: HINT });
  try {
    return register(install, threads);
  } catch (cause) {
    if (isLejepaError(cause)) throw cause;
    const detail = ((cause as Error).message ?? "").split("\n")[0] ?? "";
    throw new LejepaError({
      code: "E_DEVICE",
      where: `device tensorflow (${install.name})`,
      problem: `cannot be loaded: ${detail}`,
      hint: HINT,
      cause,
    });
  }
}

/** The parts of tfjs-node's binding and backend that are used here. */
interface Metadata {
  readonly id: number;
  readonly shape: number[];
  readonly dtype: number;
}
interface Binding {
  readonly TF_ATTR_TYPE: number;
  readonly TF_INT32: number;
  readonly TF_UINT8: number;
  createTensor(shape: number[], dtype: number, data: Uint8Array): number;
  deleteTensor(id: number): void;
  executeOp(op: string, attributes: object[], inputs: number[], outputs: number): Metadata[];
}
interface NodeBackend extends tf.KernelBackend {
  readonly isUsingGpuDevice: boolean;
  createOutputTensor(metadata: Metadata): tf.Tensor;
}
type BackendClass = new (binding: Binding, packageName: string) => NodeBackend;

function register({ name, folder, binding: file }: TensorflowInstall, threads: number | undefined): Tensorflow {
  setEnvironment(threads);
  const require = createRequire(path.join(folder, "package.json"));
  shareTfjs(require);
  restoreUtil(require);
  const binding = require(file) as Binding;
  const { NodeJSKernelBackend } = require("./dist/nodejs_kernel_backend.js") as { NodeJSKernelBackend: BackendClass };
  require("./dist/register_all_kernels.js");
  const backend = new NodeJSKernelBackend(binding, name);
  // the least priority: chosen by name only
  tf.registerBackend(TENSORFLOW_BACKEND, () => backend, 0);
  return {
    name: TENSORFLOW_BACKEND,
    gpu: backend.isUsingGpuDevice,
    bytes: (data, shape) => widened(backend, binding, data, shape),
  };
}

// read by TensorFlow when its library is loaded; what the user has set stays
function setEnvironment(threads: number | undefined): void {
  if (threads !== undefined) process.env["TF_NUM_INTRAOP_THREADS"] ??= String(threads);
  process.env["TF_CPP_MIN_LOG_LEVEL"] ??= "2";
  // else it takes all memory of the GPU at once
  process.env["TF_FORCE_GPU_ALLOW_GROWTH"] ??= "true";
}

/** Where `lejepa setup` leaves a stand-in for tfjs, that takes it from here: two copies would not share their tensors. */
export const TFJS_KEY = "lejepa.tfjs";

function shareTfjs(require: NodeJS.Require): void {
  const own = createRequire(import.meta.url)("@tensorflow/tfjs") as typeof tf;
  Object.assign(globalThis, { [Symbol.for(TFJS_KEY)]: own });
  const theirs = require("@tensorflow/tfjs") as typeof tf;
  if (theirs.version.tfjs === own.version.tfjs) return;
  throw new LejepaError({
    code: "E_DEVICE",
    where: "device tensorflow",
    expected: `tfjs-node with @tensorflow/tfjs ${own.version.tfjs}`,
    got: theirs.version.tfjs ?? "an unknown version",
    hint: `Install that version of tfjs-node, or use \`lejepa setup tensorflow\`.`,
  });
}

// tfjs-node calls two helpers that Node 23 took away
function restoreUtil(require: NodeJS.Require): void {
  const util = require("node:util") as { isArray?: unknown; isNullOrUndefined?: unknown };
  util.isArray ??= Array.isArray;
  util.isNullOrUndefined ??= (value: unknown): boolean => value === null || value === undefined;
}

function widened(backend: NodeBackend, binding: Binding, data: Uint8Array, shape: readonly number[]): tf.Tensor {
  const type = (attribute: string, value: number): object => ({ name: attribute, type: binding.TF_ATTR_TYPE, value });
  const source = binding.createTensor([...shape], binding.TF_UINT8, data);
  const attributes = [type("SrcT", binding.TF_UINT8), type("DstT", binding.TF_INT32)];
  const [made] = binding.executeOp("Cast", attributes, [source], 1);
  binding.deleteTensor(source);
  return backend.createOutputTensor(made as Metadata);
}

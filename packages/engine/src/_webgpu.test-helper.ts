// Where tests of the webgpu device find a Vulkan device: SwiftShader, a software one, from Debian's chromium-common.
import { existsSync, mkdtempSync } from "node:fs";
import os from "node:os";
import path from "node:path";

const DRIVER = "/usr/lib/chromium/vk_swiftshader_icd.json";

/** Why there is no device; undefined when there is one, which is then set up (before ONNX Runtime is loaded). */
export function webgpuMissing(): string | undefined {
  if (process.env.VK_DRIVER_FILES === undefined) {
    if (!existsSync(DRIVER)) return "no Vulkan device (Debian: chromium-common, libvulkan1)";
    process.env.VK_DRIVER_FILES = DRIVER;
    process.env.VK_ICD_FILENAMES = DRIVER;
  }
  process.env.XDG_RUNTIME_DIR ??= mkdtempSync(path.join(os.tmpdir(), "lejepa-vulkan-"));
  return undefined;
}

// Whether tests of the webgpu device can run: vitest.base.ts looks for a Vulkan driver.

/** Why there is no device; undefined when there is one. */
export const webgpuMissing = (): string | undefined =>
  process.env["VK_DRIVER_FILES"] === undefined ? "no Vulkan device (Debian: chromium-common, libvulkan1)" : undefined;

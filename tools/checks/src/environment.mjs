// Prints what of the machine decides whether tests run or skip. nx hashes this text into the key of every cached
// test result, so that a result skipped for want of a Debian package is not served once the package is there.
import { existsSync } from "node:fs";
import { arch, platform } from "node:os";

const optional = {
  torch: "/usr/lib/python3/dist-packages/torch",
  torchvision: "/usr/lib/python3/dist-packages/torchvision",
  sklearn: "/usr/lib/python3/dist-packages/sklearn",
  swiftshader: "/usr/lib/chromium/libvk_swiftshader.so",
  shared: new URL("../../../../shared/", import.meta.url),
};

const found = Object.entries(optional).map(([name, path]) => `${name}=${existsSync(path)}`);
console.log([`${platform()}-${arch()}`, process.version, ...found].join(" "));

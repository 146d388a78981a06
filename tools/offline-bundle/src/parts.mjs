// Writes a folder as one compressed archive cut into parts of at most a given size, with checksums and an installer.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, copyFileSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { constants, createGzip } from "node:zlib";
import { LejepaError } from "@lejepa/contracts";

const units = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, KB: 1e3, MB: 1e6, GB: 1e9 };

/** Bytes of `64MiB`, `4GB`, `1000B`. @param {string} text @returns {number} */
export function parseSize(text) {
  const [, number = "", unit = ""] = /^(\d+(?:\.\d+)?)\s*([KMG]i?B|B)$/.exec(text) ?? [];
  const bytes = Math.floor(Number(number) * (units[/** @type {keyof typeof units} */ (unit)] ?? Number.NaN));
  if (bytes >= 1) return bytes;
  throw new LejepaError({ code: "E_USAGE", where: "--max-size", expected: "a size like 64MiB or 4GB", got: text });
}

/** @typedef {{ name: string, bytes: number, sha256: string }} Part */

/** Cuts what is added into files of `limit` bytes at most. */
class PartWriter {
  /** @type {Part[]} */ parts = [];
  /** @type {number | undefined} */ #file;
  #hash = createHash("sha256");
  #bytes = 0;

  /** @param {string} folder @param {number} limit */
  constructor(folder, limit) {
    this.folder = folder;
    this.limit = limit;
  }

  /** @param {Buffer} data */
  add(data) {
    for (let at = 0; at < data.length; ) {
      const chunk = data.subarray(at, at + this.limit - this.#bytes);
      this.#file ??= openSync(join(this.folder, this.#name()), "wx");
      writeSync(this.#file, chunk);
      this.#hash.update(chunk);
      this.#bytes += chunk.length;
      at += chunk.length;
      if (this.#bytes === this.limit) this.end();
    }
  }

  end() {
    if (this.#file === undefined) return;
    closeSync(this.#file);
    this.parts.push({ name: this.#name(), bytes: this.#bytes, sha256: this.#hash.digest("hex") });
    this.#file = undefined;
    this.#hash = createHash("sha256");
    this.#bytes = 0;
  }

  // four digits: the shell sorts them
  #name() {
    return `lejepa.tar.gz.${String(this.parts.length).padStart(4, "0")}`;
  }
}

/**
 * Writes the parts of `folder`, SHA256SUMS and install.sh to `out`.
 *
 * @param {string} folder @param {string} out @param {number} limit bytes of a part
 * @returns {Promise<Part[]>}
 */
export async function writeParts(folder, out, limit) {
  const tar = spawn("tar", ["-cf", "-", "-C", folder, "."], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve, reject) => tar.on("error", reject).on("close", resolve));
  const writer = new PartWriter(out, limit);
  // most of it is machine code: the next levels take thrice the time for a few percent
  for await (const chunk of tar.stdout.pipe(createGzip({ level: constants.Z_BEST_SPEED }))) writer.add(chunk);
  writer.end();
  if ((await ended) !== 0) throw new LejepaError({ code: "E_IO", where: "tar", problem: "could not pack the folder" });
  const sums = writer.parts.map(({ sha256, name }) => `${sha256}  ${name}\n`);
  writeFileSync(join(out, "SHA256SUMS"), sums.join(""));
  copyFileSync(fileURLToPath(new URL("./install.sh", import.meta.url)), join(out, "install.sh"));
  return writer.parts;
}

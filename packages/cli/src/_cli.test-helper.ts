// Runs the built command in a folder of its own, on small images made here.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stream } from "@lejepa/contracts";
import sharp from "sharp";

const bin = fileURLToPath(new URL("../bin/lejepa.js", import.meta.url));

/** What a call left. */
export interface Call {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A configuration that trains in a second. */
export const tiny = {
  dataset: { id: "folder", options: { path: "photos" } },
  data: { imageSize: 16, workers: 1, splits: { validation: 0.2, test: 0.2 } },
  views: { globals: 2, globalSize: 16, locals: 1, localSize: 8 },
  encoder: { name: "resnet10", width: 8 },
  projector: { hidden: [16], outDim: 8 },
  objective: { slices: 16 },
  schedule: { epochs: 2 },
  batchSize: 4,
  threads: 1,
};

/** A new folder with `photos/red` and `photos/blue`, 12 images each, and lejepa.config.json. */
export async function makeProject(config: object = tiny): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "lejepa-cli-"));
  writeFileSync(join(folder, "lejepa.config.json"), JSON.stringify(config));
  for (const [name, first] of [
    ["red", 0],
    ["blue", 2],
  ] as const)
    await makeImages(join(folder, "photos", name), { count: 12, first });
  return folder;
}

/** Noise with one channel brighter. */
export async function makeImages(
  folder: string,
  { count, first }: { readonly count: number; readonly first: number },
): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (let i = 0; i < count; i++) {
    const random = stream(first, "test image", i);
    const pixels = Uint8Array.from(
      { length: 20 * 18 * 3 },
      (_, e) => random.integer(120) + (e % 3 === first ? 120 : 0),
    );
    await sharp(pixels, { raw: { width: 20, height: 18, channels: 3 } })
      .png()
      .toFile(join(folder, `${i}.png`));
  }
}

/** Runs `lejepa` with the arguments in a folder; `onStderr` sees what has come so far, and the process. */
export function lejepa(
  args: readonly string[],
  {
    cwd,
    onStderr,
    env = {},
  }: {
    readonly cwd: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly onStderr?: (text: string, kill: (signal: NodeJS.Signals) => void) => void;
  },
): Promise<Call> {
  return new Promise((resolve, reject) => {
    const run = spawn(process.execPath, [bin, ...args], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const texts = { stdout: "", stderr: "" };
    run.stdout.setEncoding("utf8").on("data", (text: string) => (texts.stdout += text));
    run.stderr.setEncoding("utf8").on("data", (text: string) => {
      texts.stderr += text;
      onStderr?.(texts.stderr, (signal) => run.kill(signal));
    });
    run.on("error", reject);
    run.on("close", (status) => resolve({ status, ...texts }));
  });
}

// The command `lejepa` as a user runs it, for the benchmarks that go all the way through it.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

/** Settings by key, as `--set` takes them. */
export type Settings = Readonly<Record<string, unknown>>;

const program = path.join(import.meta.dirname, "../../../packages/cli/bin/lejepa.js");

/** Runs the command; returns what it prints on stdout. */
export function lejepa(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk));
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0 ? resolve(output) : reject(new Error(`lejepa ${args[0]} exited with ${code}`)),
    );
  });
}

/** Trains a run in `folder`; goes on with one that was begun, and leaves one that is done as it is. */
export async function train(folder: string, settings: Settings): Promise<void> {
  const file = path.join(folder, "run.json");
  const begun = existsSync(file);
  if (begun && (JSON.parse(readFileSync(file, "utf8")) as { status: string }).status === "done") return;
  console.error(`${folder} ...`);
  const how = begun
    ? ["--resume"]
    : Object.entries(settings).flatMap(([key, value]) => ["--set", `${key}=${textOf(value)}`]);
  await lejepa(["pretrain", "--out", folder, ...how, "--quiet"]);
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

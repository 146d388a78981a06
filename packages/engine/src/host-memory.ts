// How much memory this process can still take before the system kills it or starts to swap its neighbours out.
import { readFileSync } from "node:fs";
import { freemem, platform, totalmem } from "node:os";
import { join } from "node:path";

/**
 * Bytes that can still be taken. Linux: what the kernel calls available, swap included, and no more than what the limits of
 * the process's control groups leave (files in the page cache are no loss). Elsewhere the system pages: all of the machine's
 * memory that this process does not have yet.
 *
 * @param root where the system's files are, for tests
 */
export function freeHostMemory(root = "/"): number {
  if (platform() !== "linux") return totalmem() - process.memoryUsage.rss();
  return Math.min(kernelBytes(root), ...groupRooms(root));
}

function kernelBytes(root: string): number {
  const info = fields(join(root, "proc/meminfo"));
  const available = info.get("MemAvailable:");
  return available === undefined ? freemem() : 1024 * (available + (info.get("SwapFree:") ?? 0));
}

/** What each control group above the process leaves of its limit. */
function groupRooms(root: string): number[] {
  return text(join(root, "proc/self/cgroup"))
    .split("\n")
    .flatMap((line) => {
      const [, controllers = "", group] = line.split(":");
      if (group === undefined) return [];
      if (controllers === "") return rooms(join(root, "sys/fs/cgroup"), group, second);
      return controllers.split(",").includes("memory") ? rooms(join(root, "sys/fs/cgroup/memory"), group, first) : [];
    });
}

interface Names {
  readonly limit: string;
  readonly used: string;
  /** Of the group's page cache. */
  readonly cached: readonly string[];
}

const first: Names = {
  limit: "memory.limit_in_bytes",
  used: "memory.usage_in_bytes",
  cached: ["total_active_file", "total_inactive_file"],
};
const second: Names = { limit: "memory.max", used: "memory.current", cached: ["active_file", "inactive_file"] };

// from the group up to the root; in a container the names above its own do not exist
function rooms(mount: string, group: string, { limit, used, cached }: Names): number[] {
  const parts = group.split("/").filter((part) => part !== "");
  const folders = Array.from({ length: parts.length + 1 }, (_, i) => join(mount, ...parts.slice(0, i)));
  return folders.flatMap((folder) => {
    // "max" or no such file: no limit
    const bytes = Number.parseInt(text(join(folder, limit)), 10);
    if (Number.isNaN(bytes)) return [];
    const stat = fields(join(folder, "memory.stat"));
    const cache = cached.reduce((sum, name) => sum + (stat.get(name) ?? 0), 0);
    return [Math.max(0, bytes - Number.parseInt(text(join(folder, used)) || "0", 10) + cache)];
  });
}

/** The numbers of a file of lines `name number ...`. */
const fields = (file: string): Map<string, number> =>
  new Map(
    text(file)
      .split("\n")
      .map((line) => line.split(/\s+/))
      .map(([name = "", number]) => [name, Number(number)]),
  );

function text(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

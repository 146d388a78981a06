import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { freeHostMemory } from "./host-memory.ts";

/** A folder with the system's files. */
function system(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), "lejepa-memory-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

const kernel = { "proc/meminfo": "MemTotal: 16000 kB\nMemAvailable:    8000 kB\nSwapFree: 1000 kB\n" };

test.skipIf(process.platform !== "linux")("what is free is the least of kernel and control groups", () => {
  expect(freeHostMemory(system(kernel))).toBe(9000 * 1024);
  const cached = "anon 5\nactive_file 100000\ninactive_file 200000\n";
  const v2 = system({
    ...kernel,
    "proc/self/cgroup": "0::/a/b\n",
    "sys/fs/cgroup/a/memory.max": "1000000\n",
    "sys/fs/cgroup/a/memory.current": "700000\n",
    "sys/fs/cgroup/a/memory.stat": cached,
    "sys/fs/cgroup/a/b/memory.max": "max\n",
    "sys/fs/cgroup/a/b/memory.current": "700000\n",
  });
  expect(freeHostMemory(v2)).toBe(600000);
  // a container's own group is its root
  const v1 = system({
    ...kernel,
    "proc/self/cgroup": "12:cpu,cpuacct:/docker/x\n9:memory:/docker/x\n",
    "sys/fs/cgroup/memory/memory.limit_in_bytes": "2000000\n",
    "sys/fs/cgroup/memory/memory.usage_in_bytes": "500000\n",
    "sys/fs/cgroup/memory/memory.stat": "total_active_file 1000\ntotal_inactive_file 0\n",
  });
  expect(freeHostMemory(v1)).toBe(1501000);
});

test("something is free here", () => {
  expect(freeHostMemory()).toBeGreaterThan(2 ** 20);
});

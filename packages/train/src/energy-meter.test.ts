// Energy from made counters and from a program that answers as nvidia-smi does.
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { addEnergy, openEnergyMeter } from "./energy-meter.ts";
import { pretrain, type PretrainEvent } from "./pretrain.ts";
import { temporaryFolder, toyConfig } from "./_toy.test-helper.ts";

/** Counters in microjoules by the name of their domain's folder. */
function makeCounters(
  folder: string,
  domains: Readonly<Record<string, readonly [name: string, energy: number]>>,
): void {
  for (const [domain, [name, energy]] of Object.entries(domains)) {
    const path = join(folder, domain);
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, "name"), `${name}\n`);
    writeFileSync(join(path, "max_energy_range_uj"), "100000000\n");
    writeFileSync(join(path, "energy_uj"), `${energy}\n`);
  }
}

const setCounter = (folder: string, domain: string, energy: number): void =>
  writeFileSync(join(folder, domain, "energy_uj"), `${energy}\n`);

test("packages are added up and go round; their parts and the platform's sum are left out", () => {
  const powercap = temporaryFolder();
  makeCounters(powercap, {
    "intel-rapl": ["control", 1],
    "intel-rapl:0": ["package-0", 1_000_000],
    "intel-rapl:1": ["package-1", 90_000_000],
    "intel-rapl:0:0": ["core", 0],
    "intel-rapl:2": ["psys", 0],
  });
  const meter = openEnergyMeter({ device: "cpu", powercap });
  expect(meter.read()).toMatchObject({ joules: 0, source: "RAPL package-0, package-1" });
  setCounter(powercap, "intel-rapl:0", 3_500_000);
  setCounter(powercap, "intel-rapl:1", 4_000_000);
  setCounter(powercap, "intel-rapl:2", 50_000_000);
  setCounter(powercap, "intel-rapl:0:0", 50_000_000);
  // 2.5 J, and 10 J up to the range with 4 J after it
  expect(meter.read()?.joules).toBeCloseTo(16.5, 9);
  setCounter(powercap, "intel-rapl:0", 4_500_000);
  expect(meter.read()?.joules).toBeCloseTo(17.5, 9);
  // no longer readable: nothing is claimed rather than too little
  rmSync(join(powercap, "intel-rapl:1/energy_uj"));
  expect(meter.read()).toBeUndefined();
  meter.close();
});

test("no counters, or none that may be read: nothing", () => {
  const powercap = temporaryFolder();
  expect(openEnergyMeter({ device: "cpu", powercap: join(powercap, "none") }).read()).toBeUndefined();
  makeCounters(powercap, { "intel-rapl:0": ["package-0", 1] });
  writeFileSync(join(powercap, "intel-rapl:0/energy_uj"), "");
  expect(openEnergyMeter({ device: "cpu", powercap }).read()).toBeUndefined();
});

test("the power of a GPU is added up over time, on the device cuda alone", async () => {
  const folder = temporaryFolder();
  const nvidiaSmi = join(folder, "smi");
  // a line without a reading, a sample, then silence
  writeFileSync(
    nvidiaSmi,
    `#!/bin/sh\necho "$@" > ${folder}/args\necho "Made GPU, [N/A]"\necho "Made GPU, 200.00"\nexec sleep 60\n`,
  );
  chmodSync(nvidiaSmi, 0o755);
  const meter = openEnergyMeter({ device: "cuda", deviceIndex: 0, powercap: folder, nvidiaSmi });
  await vi.waitFor(() => expect(meter.read()).toBeDefined(), 20_000);
  await new Promise((resolve) => setTimeout(resolve, 200));
  const { joules, seconds, source } = meter.read() as NonNullable<ReturnType<typeof meter.read>>;
  expect(source).toBe("nvidia-smi Made GPU; processors not counted");
  expect(joules / (200 * seconds)).toBeCloseTo(1, 1);
  meter.close();
  const other = openEnergyMeter({ device: "webgpu", powercap: folder, nvidiaSmi });
  expect(other.read()).toBeUndefined();
  const missing = openEnergyMeter({ device: "cuda", powercap: folder, nvidiaSmi: join(folder, "none") });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(missing.read()).toBeUndefined();
  missing.close();
});

test("a GPU that is not read is named", () => {
  const powercap = temporaryFolder();
  makeCounters(powercap, { "intel-rapl:0": ["package-0", 1] });
  const meter = openEnergyMeter({ device: "webgpu", powercap });
  expect(meter.read()?.source).toBe("RAPL package-0; GPU not counted");
});

test("sessions add up", () => {
  const one = { joules: 5, seconds: 2, source: "a" };
  expect(addEnergy(undefined, undefined)).toBeUndefined();
  expect(addEnergy(one, undefined)).toEqual(one);
  expect(addEnergy(one, { joules: 1, seconds: 1, source: "a" })).toEqual({ joules: 6, seconds: 3, source: "a" });
  expect(addEnergy(one, { joules: 1, seconds: 1, source: "b" })?.source).toBe("a, then b");
});

test("run.json holds the energy of all sessions", { timeout: 240_000 }, async () => {
  const folder = temporaryFolder();
  const powercap = join(folder, "powercap");
  makeCounters(powercap, { "intel-rapl:0": ["package-0", 0] });
  let energy = 0;
  // 2 J a step
  const onProgress = ({ kind }: PretrainEvent): void => {
    if (kind === "step") setCounter(powercap, "intel-rapl:0", (energy += 2_000_000));
  };
  const config = toyConfig(folder);
  const out = join(folder, "run");
  const stopped = await pretrain(
    { ...config, schedule: { ...config.schedule, maxSteps: 2 } },
    { out, powercap, onProgress },
  );
  expect(stopped.info.energy).toMatchObject({ joules: 4, source: "RAPL package-0" });
  const { info } = await pretrain(config, { out, resume: true, powercap, onProgress });
  expect(info.energy?.joules).toBe(2 * info.steps.done);
  expect(info.energy?.seconds).toBeGreaterThan(stopped.info.energy?.seconds ?? Number.POSITIVE_INFINITY);
});

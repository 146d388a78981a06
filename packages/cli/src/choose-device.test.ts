import { expect, test } from "vitest";
import { fastest } from "./choose-device.ts";
import type { DeviceReport } from "./device-probe.ts";

const working = (name: string, gigaflops: number, gpu = false): DeviceReport => ({
  name,
  ok: true,
  gigaflops,
  gigabytes: 1,
  gpu,
  threads: null,
  startMs: 0,
});
const broken = (name: string): DeviceReport => ({ name, ok: false, problem: "no adapter" });

test("the fastest device that works", () => {
  expect(fastest([working("cpu", 150), working("webgpu", 4200, true), broken("tensorflow")])).toEqual({
    device: "webgpu",
    reason: "device webgpu: 4200 GFLOP/s; cpu 150 GFLOP/s; tensorflow does not work here",
  });
  expect(fastest([working("cpu", 150), working("webgpu", 20, true)]).device).toBe("cpu");
  expect(fastest([working("cpu", 150), broken("webgpu")]).device).toBe("cpu");
});

test("TensorFlow only on a GPU", () => {
  expect(fastest([working("cpu", 150), working("tensorflow", 170)])).toEqual({
    device: "cpu",
    reason: "device cpu: 150 GFLOP/s; tensorflow finds no GPU",
  });
  expect(fastest([working("cpu", 150), working("tensorflow", 9000, true)]).device).toBe("tensorflow");
});

test("where nothing works, the CPU, whose error is the clearest", () => {
  expect(fastest([broken("cpu"), broken("webgpu")])).toEqual({
    device: "cpu",
    reason: "device cpu: no device works, see `lejepa doctor`",
  });
});

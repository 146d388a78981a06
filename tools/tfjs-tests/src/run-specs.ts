// Runs the specs that @tensorflow/tfjs-core ships, unchanged, through jasmine with `onnx` as the backend.
import { registerOnnxBackend } from "@lejepa/engine";
import * as tf from "@tensorflow/tfjs";
import jasmineCore from "jasmine-core";

/** What became of one spec. */
export interface SpecResult {
  readonly name: string;
  readonly status: "passed" | "failed" | "pending";
  /** What was wrong, empty unless it failed. */
  readonly messages: readonly string[];
}

interface TestEnvironments {
  setTestEnvs(environments: readonly { name: string; backendName: string; isDataSync: boolean }[]): void;
}

/**
 * Runs every `stride`-th spec, in the order in which tfjs lists them.
 *
 * Specs that tfjs itself marks as for synchronous backends, browsers or workers do not run and are not in the result.
 */
export async function runSpecs(stride: number): Promise<SpecResult[]> {
  const jasmine = jasmineCore.boot();
  jasmine.DEFAULT_TIMEOUT_INTERVAL = 60_000;
  registerOnnxBackend();
  tf.enableProdMode();
  const util = (await import("@tensorflow/tfjs-core/dist/jasmine_util.js")) as TestEnvironments;
  util.setTestEnvs([{ name: "onnx", backendName: "onnx", isDataSync: false }]);
  await import("@tensorflow/tfjs-core/dist/tests.js");
  const env = jasmine.getEnv();
  const results: SpecResult[] = [];
  let seen = 0;
  env.configure({ random: false, specFilter: () => seen++ % stride === 0 });
  env.addReporter({
    specDone({ fullName, status, failedExpectations }) {
      if (status === "excluded") return;
      const messages = failedExpectations.map(({ message }) => message);
      results.push({ name: fullName, status: status as SpecResult["status"], messages });
    },
  });
  await quietly(() => env.execute());
  return results;
}

/** Some specs log, which a test here may not. */
async function quietly(work: () => Promise<unknown>): Promise<void> {
  const kept = { ...console };
  const nothing = (): void => undefined;
  Object.assign(console, { log: nothing, info: nothing, warn: nothing, error: nothing });
  try {
    await work();
  } finally {
    Object.assign(console, kept);
  }
}

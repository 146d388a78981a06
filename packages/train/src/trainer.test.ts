// The next step's data are made ready while a step computes: shown by the order of events, on a device that ends its runs when
// the test says so. And that nothing else follows from it: losses, errors, what is left behind.
import { parseConfig } from "@lejepa/contracts";
import { type CompiledProgram, createEngine, type Engine, liveDeviceTensors } from "@lejepa/engine";
import { expect, onTestFinished, test, vi } from "vitest";
import { createModel, initialValues } from "./model.ts";
import { type PreparedData, prepareData } from "./prepare-data.ts";
import { freshState, type StateValues } from "./state.ts";
import { disposeFeeds, StepSupply, type SupplyParts } from "./step-supply.ts";
import { createTrainer, type Trainer } from "./trainer.ts";
import { temporaryFolder, toyConfig } from "./_toy.test-helper.ts";

async function prepared(more: object = {}): Promise<PreparedData> {
  const folder = temporaryFolder();
  const data = await prepareData(parseConfig(toyConfig(folder, more), "test"));
  onTestFinished(() => data.store.close());
  return data;
}

function trainerOf(
  engine: Engine,
  data: PreparedData,
  start?: { readonly done: number; readonly values: StateValues },
): Promise<Trainer> {
  const { config } = data;
  const model = createModel(config);
  const fresh = { done: 0, values: freshState(initialValues(model, 0)) };
  return createTrainer(engine, { config, model, data, ...fresh, ...start });
}

// several engines each, on whatever machine this is
vi.setConfig({ testTimeout: 300_000 });

interface Held {
  readonly engine: Engine;
  readonly events: string[];
  /** Ends the run that is under way. */
  end(): void;
}

/** An engine that notes what is asked of it and whose runs end by hand. */
function held(real: Engine, whileRunning: Engine["whileRunning"]): Held {
  const events: string[] = [];
  let uploading = false;
  let runs = 0;
  let release: () => void = () => {};
  const hold = (program: CompiledProgram): CompiledProgram => ({
    describe: () => program.describe(),
    hostNodes: () => program.hostNodes(),
    profile: (feeds, times) => program.profile(feeds, times),
    dispose: () => program.dispose(),
    run: async (feeds) => {
      uploading = true;
      const run = runs++;
      events.push(`run ${run} starts`);
      const until = new Promise<void>((resolve) => {
        release = resolve;
      });
      const outputs = await program.run(feeds);
      await until;
      events.push(`run ${run} ends`);
      return outputs;
    },
  });
  const engine: Engine = {
    ...real,
    whileRunning,
    compile: async (...args) => hold(await real.compile(...args)),
    tensor: (data, shape, dtype) => {
      // the state comes first
      if (uploading) events.push(`upload [${shape}]`);
      return real.tensor(data, shape, dtype);
    },
  };
  return { engine, events, end: () => release() };
}

test("the next step's data are on the device before a step ends", async () => {
  const real = await createEngine({ threads: 1, runtime: "native" });
  const { engine, events, end } = held(real, "uploads");
  const data = await prepared();
  const trainer = await trainerOf(engine, data);
  const first = trainer.step();
  // while the first run is held
  await vi.waitFor(() => expect(events).toContain("upload [8,16,16,3]"));
  expect(events).toEqual(["run 0 starts", "upload [8,16,16,3]"]);
  end();
  await first;
  const second = trainer.step();
  await vi.waitFor(() => expect(events.filter((event) => event.startsWith("upload"))).toHaveLength(2));
  expect(events.slice(2)).toEqual(["run 0 ends", "run 1 starts", "upload [8,16,16,3]"]);
  end();
  await second;
  await trainer.close();
  await real.dispose();
  expect(liveDeviceTensors()).toBe(0);
});

test("a device that holds JavaScript's thread is asked for nothing ahead", async () => {
  const real = await createEngine({ threads: 1 });
  const { engine, events, end } = held(real, "nothing");
  const trainer = await trainerOf(engine, await prepared());
  for (let step = 0; step < 2; step++) {
    const running = trainer.step();
    await vi.waitFor(() => expect(events).toContain(`run ${step} starts`));
    end();
    await running;
  }
  expect(events).toEqual(["run 0 starts", "run 0 ends", "run 1 starts", "run 1 ends"]);
  await trainer.close();
  await real.dispose();
});

test.each([{}, { encoder: { name: "vit_nano", patchSize: 8, dropPath: 0.2 } }])(
  "losses are, bit by bit, those of data made when they are needed, from any step on: %j",
  async (more) => {
    const data = await prepared(more);
    const losses = async (runtime: "binding" | "native", from?: { done: number; values: StateValues }) => {
      const engine = await createEngine({ threads: 1, runtime });
      const trainer = await trainerOf(engine, data, from);
      const seen: number[] = [];
      let half: { done: number; values: StateValues } | undefined;
      while (trainer.done < 6) {
        seen.push((await trainer.step()).loss);
        if (trainer.done === 3) half = { done: 3, values: await trainer.read() };
      }
      await trainer.close();
      await engine.dispose();
      return { seen, half };
    };
    const plain = await losses("binding");
    const ahead = await losses("native");
    expect(ahead.seen).toEqual(plain.seen);
    expect((await losses("native", ahead.half)).seen).toEqual(plain.seen.slice(3));
    expect(liveDeviceTensors()).toBe(0);
  },
);

test("200 steps leak nothing", async () => {
  const engine = await createEngine({ threads: 1, runtime: "native" });
  const data = await prepared({ schedule: { epochs: 400, warmupEpochs: 1 } });
  const trainer = await trainerOf(engine, data);
  for (let i = 0; i < 50; i++) await trainer.step();
  const before = { tensors: liveDeviceTensors(), rss: process.memoryUsage().rss };
  for (let i = 0; i < 200; i++) await trainer.step();
  expect(liveDeviceTensors()).toBe(before.tensors);
  expect((process.memoryUsage().rss - before.rss) / 2 ** 20).toBeLessThan(64);
  // in mid-run: what was made ready and is not used goes, too
  await trainer.close();
  await engine.dispose();
  expect(liveDeviceTensors()).toBe(0);
});

/** A supply on a loader that hands out what `next` says. */
async function supplyOn(next: SupplyParts["loader"]["next"]): Promise<{ supply: StepSupply; closed: () => boolean }> {
  const data = await prepared();
  const { config, views, store } = data;
  const engine = await createEngine({ threads: 1, runtime: "native" });
  onTestFinished(() => engine.dispose());
  const options = { config, model: createModel(config), views, batch: config.batchSize, worldSize: 1, device: "cpu" };
  const schedule = { totalSteps: 9, warmupSteps: 0, peak: 1, floor: 0 } as unknown as SupplyParts["schedule"];
  let isClosed = false;
  const close = async (): Promise<void> => {
    isClosed = true;
  };
  const loader = { next, close, times: { batches: 0, waitedMs: 0 } };
  const supply = new StepSupply({ engine, loader, store, options, schedule, endStep: 3 });
  return { supply, closed: () => isClosed };
}

const batchOf = (step: number) => ({
  step,
  epoch: 0,
  rows: Uint32Array.from({ length: 8 }, (_, i) => i),
  images: new Uint8Array(8 * 16 * 16 * 3),
  labels: new Int32Array(8),
});

test("waiting for the loader is told, an error at the step that it belongs to, and nothing is asked for past the end", async () => {
  let asked = 0;
  const { supply, closed } = await supplyOn(async () => {
    const step = asked++;
    if (step === 1) await new Promise((resolve) => setTimeout(resolve, 60));
    if (step === 2) throw new Error("disk");
    return batchOf(step);
  });
  const running = new Promise<void>(() => {});
  const first = await supply.take();
  supply.started(0, running);
  const second = await supply.take();
  expect(second.supplies.step).toBe(1);
  expect(second.waitMs).toBeGreaterThan(50);
  supply.started(1, running);
  await vi.waitFor(() => expect(asked).toBe(3));
  await expect(supply.take()).rejects.toThrow("disk");
  supply.started(2, running);
  await new Promise((resolve) => setImmediate(resolve));
  expect(asked).toBe(3);
  for (const { supplies } of [first, second]) disposeFeeds(supplies.feeds);
  await supply.close();
  expect(closed()).toBe(true);
  expect(liveDeviceTensors()).toBe(0);
});

test("a run that ended while its successor's data were drawn counts as waiting for them", async () => {
  let asked = 0;
  const { supply } = await supplyOn(async () => batchOf(asked++));
  disposeFeeds((await supply.take()).supplies.feeds);
  supply.started(0, Promise.resolve());
  await new Promise((resolve) => setTimeout(resolve, 100));
  const late = await supply.take();
  supply.started(1, new Promise(() => {}));
  await new Promise((resolve) => setTimeout(resolve, 100));
  const ready = await supply.take();
  // drawing takes longer than taking what is there
  expect(late.waitMs).toBeGreaterThan(ready.waitMs);
  for (const { supplies } of [late, ready]) disposeFeeds(supplies.feeds);
  await supply.close();
});

// The program that is run to try a device: a matrix product and a sum, checked and timed; one line of JSON on stdout.
import { createEngine, type DeviceTensor, type Engine, linear, openTensorflow, type Traceable } from "@lejepa/engine";

const size = 512;
/** Elements of the sum: 16 MiB, more than caches hold. */
const elements = 2 ** 22;
const measureMs = 700;

try {
  const [name, threads, index] = process.argv.slice(2);
  process.stdout.write(`${JSON.stringify(await measure(name as Engine["device"], Number(threads), Number(index)))}\n`);
} catch (error) {
  process.stdout.write(`${JSON.stringify({ problem: (error as Error).message })}\n`);
}

async function measure(device: Engine["device"], threads: number, deviceIndex: number): Promise<object> {
  const begin = performance.now();
  const engine = await createEngine({ device, deviceIndex, ...(threads > 0 && { threads }) });
  // rows of ones times a matrix of 1 / size: ones again, however often
  const product = await repeated(engine, ({ x, w }) => ({ x: linear(x, w) }), [size, size], 1 / size);
  await product.run(1);
  const values = await product.read();
  const startMs = performance.now() - begin;
  if (values.some((value) => Math.abs(value - 1) > 1e-3))
    return { problem: `a matrix product came out wrong (${String(values[0])} instead of 1)` };
  const gigaflops = (2 * size ** 3) / (await secondsOf(product)) / 1e9;
  const sum = await repeated(engine, ({ x, w }) => ({ x: x.add(w) }), [elements], 0);
  // two reads and a write
  const gigabytes = (3 * 4 * elements) / (await secondsOf(sum)) / 1e9;
  const gpu =
    device === "webgpu" || device === "cuda" || (device === "tensorflow" && (await openTensorflow(undefined)).gpu);
  await engine.dispose();
  return { gigaflops, gigabytes, startMs, gpu };
}

interface Repeated {
  run(times: number): Promise<void>;
  read(): Promise<Float32Array>;
}

/** A program that updates `x`, ones at first, with `w`, all of one value. */
async function repeated(
  engine: Engine,
  fn: Traceable<Record<"x" | "w", { shape: number[] }>>,
  shape: number[],
  value: number,
): Promise<Repeated> {
  const program = await engine.compile(fn, { x: { shape }, w: { shape } }, { updates: ["x"] });
  const count = shape.reduce((a, b) => a * b, 1);
  const x: DeviceTensor = await engine.tensor(new Float32Array(count).fill(1), shape);
  const w = await engine.tensor(new Float32Array(count).fill(value), shape);
  return {
    run: async (times) => {
      for (let i = 0; i < times; i++) await program.run({ x, w });
    },
    read: async () => (await x.read()) as Float32Array,
  };
}

/** Of one run; reading waits for the device, so it is timed apart and taken off. */
async function secondsOf({ run, read }: Repeated): Promise<number> {
  await run(1);
  await read();
  const start = performance.now();
  await read();
  const readMs = performance.now() - start;
  let runs = 0;
  let spent = 0;
  const begin = performance.now();
  while (spent < measureMs || runs === 0) {
    await run(8);
    runs += 8;
    await read();
    spent = performance.now() - begin;
  }
  const reads = (runs / 8) * readMs;
  // a slow read may take more than it did alone: never less than a tenth is left
  return Math.max(spent - reads, spent / 10) / runs / 1000;
}

// The program that `lejepa doctor` runs for a device: one matrix product, checked and timed; one line of JSON on stdout.
import { createEngine, linear } from "@lejepa/engine";

type Tensor = ReturnType<typeof linear>;

const size = 512;
const measureMs = 1000;

try {
  const [name, threads] = process.argv.slice(2);
  process.stdout.write(`${JSON.stringify(await measure(name as "cpu" | "webgpu", Number(threads)))}\n`);
} catch (error) {
  process.stdout.write(`${JSON.stringify({ problem: (error as Error).message })}\n`);
}

async function measure(device: "cpu" | "webgpu", threads: number): Promise<object> {
  const begin = performance.now();
  const engine = await createEngine({ device, ...(threads > 0 && { threads }) });
  const product = ({ x, w }: Readonly<Record<"x" | "w", Tensor>>): Record<string, Tensor> => ({ x: linear(x, w) });
  const program = await engine.compile(
    product,
    { x: { shape: [size, size] }, w: { shape: [size, size] } },
    { updates: ["x"] },
  );
  // rows of ones times a matrix of 1 / size: ones again, however often
  const x = await engine.tensor(new Float32Array(size * size).fill(1), [size, size]);
  const w = await engine.tensor(new Float32Array(size * size).fill(1 / size), [size, size]);
  await program.run({ x, w });
  const values = await x.read();
  const startMs = performance.now() - begin;
  if (values.some((value) => Math.abs(Number(value) - 1) > 1e-3))
    return { problem: `a matrix product came out wrong (${String(values[0])} instead of 1)` };
  let runs = 0;
  const start = performance.now();
  while (performance.now() - start < measureMs) {
    for (let i = 0; i < 8; i++) await program.run({ x, w });
    await x.read();
    runs += 8;
  }
  const seconds = (performance.now() - start) / 1000;
  const gigaflops = (2 * size ** 3 * runs) / seconds / 1e9;
  await engine.dispose();
  return { gigaflops, startMs };
}

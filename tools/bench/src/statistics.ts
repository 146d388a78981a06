// Do the intervals hold the truth, and does the verdict keep quiet when there is nothing to say? Simulations through the public
// comparison, with made-up features whose population is known.
//   node dist/statistics.js [--trials 400] [--shots all,5] [--groups 10,20,50,200] [--comparisons 200]
//     [--only coverage,copies,speed] [--threads 2]
import { parseArgs } from "node:util";
import { stream } from "@lejepa/contracts";
import { createEngine } from "@lejepa/engine";
import {
  type Comparison,
  compareFeatures,
  type EncoderFeatures,
  type EncoderKind,
  type Matrix,
  type MetricName,
  matrix,
  type ProbeName,
} from "@lejepa/eval";

const { values: flags } = parseArgs({
  options: {
    trials: { type: "string", default: "400" },
    shots: { type: "string", default: "all,5" },
    groups: { type: "string", default: "10,20,50,200" },
    comparisons: { type: "string", default: "200" },
    only: { type: "string", default: "coverage,copies,speed" },
    threads: { type: "string", default: "2" },
  },
});

const engine = await createEngine({ threads: Number(flags.threads) });
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

interface World {
  readonly labels: Int32Array;
  readonly groups: readonly string[];
  /** First row of each group, and the end. */
  readonly starts: readonly number[];
}

/** Groups of 1 to 9 rows of three unequal classes. */
function createWorld(groups: number, seed: number): World {
  const random = stream(seed, "world");
  const starts = [0];
  for (let g = 0; g < groups; g++) starts.push((starts.at(-1) as number) + 1 + random.integer(9));
  const rows = starts.at(-1) as number;
  const names = starts.slice(1).flatMap((end, g) => Array.from({ length: end - (starts[g] as number) }, () => `g${g}`));
  const labels = Int32Array.from({ length: rows }, () => [0, 0, 0, 0, 1, 1, 1, 2, 2][random.integer(9)] as number);
  return { labels, groups: names, starts };
}

interface Quality {
  readonly columns: number;
  readonly separation: number;
  /** Shift that all rows of a group share, in units of the noise. */
  readonly shift: number;
  readonly seed: number;
}

function featuresOf({ labels, groups }: Pick<World, "labels" | "groups">, quality: Quality): Matrix {
  const { columns, separation, shift, seed } = quality;
  const classes = 1 + Math.max(...new Set(labels));
  const centres = stream(0, "centres").fillNormal(new Float32Array(classes * columns));
  const random = stream(seed, "noise");
  const data = new Float32Array(labels.length * columns);
  let offset = new Float32Array(columns);
  for (const [i, label] of labels.entries()) {
    if (groups[i] !== groups[i - 1]) offset = random.fillNormal(new Float32Array(columns)) as typeof offset;
    for (let j = 0; j < columns; j++) {
      const centre = separation * (centres[label * columns + j] as number);
      data[i * columns + j] = centre + shift * (offset[j] as number) + random.normal();
    }
  }
  return matrix(data, labels.length, columns);
}

const encoderOf = (name: string, kind: EncoderKind, m: Matrix): EncoderFeatures => ({
  name,
  kind,
  seeds: [{ embedding: m, probe: m }],
});

/** Shares of trials whose interval holds the population's value, by design and metric. */
async function coverage(trials: number): Promise<void> {
  const world = createWorld(4600, 1);
  const { starts, labels, groups } = world;
  const start = (group: number): number => starts[group] as number;
  const encoders = [
    encoderOf("a", "own", featuresOf(world, { columns: 8, separation: 0.6, shift: 0.7, seed: 1 })),
    encoderOf("b", "transfer", featuresOf(world, { columns: 8, separation: 0.5, shift: 0.7, seed: 2 })),
  ];
  // groups 0..299 learn, 300..399 choose, the others are the population
  const known = { train: range(0, start(300)), validation: range(start(300), start(400)) };
  const common = {
    targets: { task: "classification" as const, classes: ["x", "y", "z"], labels },
    groups,
    encoders,
    probes: ["ncm" as const],
  };
  for (const shots of flags.shots.split(",").map((text) => (text === "all" ? text : Number(text)))) {
    const population = await compareFeatures(engine, {
      ...common,
      shots: [shots],
      seeds: shots === "all" ? 1 : 100,
      splits: { ...known, test: range(start(400), labels.length) },
      resamples: 2,
    });
    const truth = figuresOf(population);
    for (const size of flags.groups.split(",").map(Number)) {
      const held = new Map<string, number>();
      for (let trial = 0; trial < trials; trial++) {
        const chosen = stream(trial, `groups ${size}`).permutation(4200).slice(0, size);
        const test = [...chosen].flatMap((g) => range(start(400 + g), start(401 + g)));
        const one = await compareFeatures(engine, {
          ...common,
          shots: [shots],
          splits: { ...known, test },
          resamples: 1000,
          seed: 1000 + trial,
        }).catch(() => undefined);
        if (one === undefined) continue;
        for (const [name, { low, high }] of figuresOf(one)) {
          const value = truth.get(name)?.value as number;
          held.set(name, (held.get(name) ?? 0) + Number(low <= value && value <= high));
        }
      }
      const shares = [...held].map(([name, count]) => `${name} ${((100 * count) / trials).toFixed(1)}`);
      console.log(`coverage, ${shots} shots, ${size} test groups, ${trials} trials: ${shares.join(", ")}`);
    }
  }
}

const watched: readonly MetricName[] = ["accuracy", "balancedAccuracy", "macroF1", "auroc", "averagePrecision"];

function figuresOf({ results, differences }: Comparison): Map<string, { value: number; low: number; high: number }> {
  const figures = new Map<string, { value: number; low: number; high: number }>();
  for (const metric of watched) {
    const { value, low, high } = results[0]?.metrics[metric] ?? { value: null, low: null, high: null };
    figures.set(metric, { value: value ?? Number.NaN, low: low ?? Number.NaN, high: high ?? Number.NaN });
  }
  for (const { metric, value, low, high } of differences) {
    figures.set(`difference of ${metric}`, {
      value: value ?? Number.NaN,
      low: low ?? Number.NaN,
      high: high ?? Number.NaN,
    });
  }
  return figures;
}

/** What the verdict says on pairs of encoders that are equally good: the same features, and trainings that differ by chance. */
async function copies(comparisons: number): Promise<void> {
  for (const baselines of [1, 3]) {
    for (const kind of ["another training", "the same features"]) {
      const outcomes = new Map<string, number>();
      for (let trial = 0; trial < comparisons; trial++) {
        const world = createWorld(400, trial);
        const m = (i: number): Matrix => {
          const seed = kind === "another training" ? 10 * trial + i : 10 * trial;
          return featuresOf(world, { columns: 16, separation: 0.4, shift: 0.3, seed });
        };
        const at = (group: number): number => world.starts[group] as number;
        const { verdict } = await compareFeatures(engine, {
          targets: { task: "classification", classes: ["x", "y", "z"], labels: world.labels },
          groups: world.groups,
          splits: { train: range(0, at(240)), validation: range(at(240), at(300)), test: range(at(300), at(400)) },
          encoders: [
            encoderOf("mine", "own", m(0)),
            ...range(0, baselines).map((i) => encoderOf(`baseline ${i}`, "transfer", m(1 + i))),
          ],
          shots: [1, 2, 5, 10, 100, "all"],
          probes: ["ncm"],
          resamples: 1000,
          seed: trial,
        });
        const claims = verdict.pairs.some(({ wins, loses }) => wins !== null || loses !== null);
        const outcome = claims ? "a difference" : verdict.outcome;
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
      console.log(
        `${kind}, ${baselines} baseline(s), ${comparisons} comparisons: ${JSON.stringify(Object.fromEntries(outcomes))}`,
      );
    }
  }
}

/** 4 encoders, 6 numbers of shots, 3 draws, 2 000 images of 10 classes. */
async function speed(): Promise<void> {
  const labels = Int32Array.from({ length: 2000 }, (_, i) => i % 10);
  const world = { labels, groups: range(0, 2000).map(String) };
  const encoders = (
    [
      ["own", 384],
      ["transfer", 1280],
      ["random", 384],
      ["pixels", 768],
    ] as const
  ).map(([kind, columns], i) =>
    encoderOf(kind, kind, featuresOf(world, { columns, separation: 0.1, shift: 0, seed: i })),
  );
  const order = stream(0, "splits").permutation(2000);
  for (const probes of [
    ["knn", "logistic"],
    ["knn", "ncm", "logistic", "linear"],
  ] as ProbeName[][]) {
    const { timings, results } = await compareFeatures(engine, {
      targets: { task: "classification", classes: range(0, 10).map(String), labels },
      splits: { train: order.slice(0, 1400), validation: order.slice(1400, 1600), test: order.slice(1600) },
      encoders,
      shots: [1, 2, 5, 10, 100, "all"],
      probes,
    });
    const seconds = (probe: ProbeName): number =>
      results
        .filter((one) => one.probe === probe)
        .reduce((sum, { runs }) => sum + runs.reduce((s, run) => s + run.seconds, 0), 0);
    const each = probes.map((probe) => `${probe} ${seconds(probe).toFixed(1)} s`).join(", ");
    console.log(`4 encoders x 6 shots x 3 draws, 2000 images: ${timings.total.toFixed(1)} s (${each})`);
  }
}

if (flags.only.includes("speed")) await speed();
if (flags.only.includes("copies")) await copies(Number(flags.comparisons));
if (flags.only.includes("coverage")) await coverage(Number(flags.trials));
await engine.dispose();

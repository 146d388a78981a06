// Ranks that train together, and a group of several inside one process for tests of what runs on many machines.

/** A group of processes that reduce together. */
export interface Group {
  readonly size: number;
  readonly rank: number;
  /** Means over ranks, element by element; every rank calls with arrays of the same lengths and gets equal results. */
  allReduceMean(arrays: readonly Float32Array[]): Promise<Float32Array[]>;
}

interface Round {
  readonly arrived: (readonly Float32Array[])[];
  readonly done: Promise<Float32Array[]>;
  readonly finish: (means: Float32Array[]) => void;
}

/** `size` ranks in this process: a reduction resolves when all of them have called. */
export function localGroup(size: number): Group[] {
  const rounds: Round[] = [];
  return Array.from({ length: size }, (_, rank) => {
    let next = 0;
    const allReduceMean = (arrays: readonly Float32Array[]): Promise<Float32Array[]> => {
      const index = next++;
      rounds[index] ??= newRound();
      const round = rounds[index];
      round.arrived[rank] = arrays.map((array) => array.slice());
      if (round.arrived.filter(Boolean).length === size) round.finish(means(round.arrived));
      return round.done;
    };
    return { size, rank, allReduceMean };
  });
}

function newRound(): Round {
  let finish: (means: Float32Array[]) => void = () => undefined;
  const done = new Promise<Float32Array[]>((resolve) => {
    finish = resolve;
  });
  return { arrived: [], done, finish };
}

function means(ranks: readonly (readonly Float32Array[])[]): Float32Array[] {
  const [first = []] = ranks;
  return first.map((array, k) =>
    array.map((_, i) => ranks.reduce((sum, arrays) => sum + (arrays[k]?.[i] ?? 0), 0) / ranks.length),
  );
}

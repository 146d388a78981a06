/**
 * Which image stands beside another one as a second date of its place: a pure function of (seed, epoch, row). Not the cutting of views
 * from it (`@lejepa/augment`).
 */
import { type DatasetItem, stream } from "@lejepa/contracts";

/** The partner of each image in each epoch. */
export interface Partners {
  /** Rows that have another date at all. */
  readonly count: number;
  /** The partner of a row: another date of its place, or the row itself. */
  of(row: number, epoch: number): number;
}

/** Options of {@link createPartners}. */
export interface PartnerOptions {
  readonly seed: number;
  /** Chance that a row with other dates gets one of them, each as likely. */
  readonly probability: number;
}

/**
 * Pairs the given rows by `place`.
 *
 * @param rows the rows to choose from, usually `splits.train`
 * @returns undefined when no place has two of them
 */
export function createPartners(
  items: readonly Pick<DatasetItem, "place">[],
  rows: Uint32Array,
  { seed, probability }: PartnerOptions,
): Partners | undefined {
  const places = new Map<string, number[]>();
  for (const row of rows) {
    const place = items[row]?.place;
    if (place === undefined) continue;
    const dates = places.get(place);
    if (dates === undefined) places.set(place, [row]);
    else dates.push(row);
  }
  const datesOf = new Map<number, readonly number[]>();
  for (const dates of places.values()) if (dates.length > 1) for (const row of dates) datesOf.set(row, dates);
  if (datesOf.size === 0) return undefined;
  return {
    count: datesOf.size,
    of(row, epoch) {
      const dates = datesOf.get(row);
      if (dates === undefined) return row;
      const random = stream(seed, "partner", epoch, row);
      if (!random.bernoulli(probability)) return row;
      const others = dates.filter((other) => other !== row);
      return others[random.integer(others.length)] as number;
    },
  };
}

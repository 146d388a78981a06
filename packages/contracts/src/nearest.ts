/**
 * "Did you mean ...?": the candidate closest to a misspelt name. Not a search: it answers only when a typo is likely.
 */

/**
 * The candidate with the smallest edit distance to `name` (insert, delete, substitute, swap of neighbours; case ignored),
 * or `undefined` when even the best one differs in more than a third of its letters (at least 2 edits are always allowed
 * for names of 4 letters and more). Ties go to the earlier candidate.
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = name.toLowerCase();
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const distance = editDistance(wanted, candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  if (best === undefined) return undefined;
  const length = Math.max(wanted.length, best.length);
  const allowed = Math.max(length >= 4 ? 2 : 1, Math.floor(length / 3));
  return bestDistance <= allowed && bestDistance < length ? best : undefined;
}

// optimal string alignment distance, three rows
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitute = (last[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let cost = Math.min(substitute, (last[j] as number) + 1, (row[j - 1] as number) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (beforeLast[j - 2] as number) + 1);
      }
      row.push(cost);
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length] as number;
}

// Holm's step-down correction for several tests (Holm 1979): the chance of any false finding is at most the level, however
// the tests depend on each other.

/** Adjusted p-values, in the order given: `max over smaller ones of min(1, (n - rank) p)`. */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((_, i) => i).sort((a, b) => (pValues[a] as number) - (pValues[b] as number));
  const adjusted = [...pValues];
  let largest = 0;
  for (const [rank, i] of order.entries()) {
    largest = Math.max(largest, Math.min(1, (pValues.length - rank) * (pValues[i] as number)));
    adjusted[i] = largest;
  }
  return adjusted;
}

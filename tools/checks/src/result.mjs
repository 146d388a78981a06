// What a step of the checks came to, and how results add up.

/**
 * @typedef {object} Result
 * @property {number} passed
 * @property {number} failed
 * @property {string[]} skipped one line for each thing skipped: what, and why
 */

/** A step that is one check. @param {boolean} ok @returns {Result} */
export const oneCheck = (ok) => ({ passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: [] });

/** @param {Result[]} results @returns {Result} */
export function addUp(results) {
  return {
    passed: results.reduce((sum, result) => sum + result.passed, 0),
    failed: results.reduce((sum, result) => sum + result.failed, 0),
    skipped: results.flatMap((result) => result.skipped),
  };
}

/** "3 passed, 0 failed, 1 skipped" @param {Result} result */
export const inWords = ({ passed, failed, skipped }) => `${passed} passed, ${failed} failed, ${skipped.length} skipped`;

/**
 * Lines of what was skipped, equal reasons gathered.
 * @param {string[]} skipped
 */
export function skippedByReason(skipped) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const line of skipped) counts.set(line, (counts.get(line) ?? 0) + 1);
  return [...counts].map(([line, count]) => (count > 1 ? `${line} (${count})` : line));
}

// Limited-memory BFGS with backtracking (Nocedal & Wright 2006, algorithms 7.4 and 3.1), for smooth convex functions whose
// gradient may come from a device in single precision. Not for training networks.

/** Value and gradient at a point; the gradient is written to the second argument. */
export type Objective = (point: Float64Array, gradient: Float64Array) => Promise<number>;

/** When to stop. */
export interface LbfgsOptions {
  /** Largest absolute element of the gradient at which the search ends. */
  readonly tolerance: number;
  readonly maxIterations: number;
}

interface Pair {
  readonly s: Float64Array;
  readonly y: Float64Array;
  readonly rho: number;
}

const memory = 10;

/** Minimises from `start` (left as it is) and returns the best point. Deterministic. */
export async function lbfgs(objective: Objective, start: Float64Array, options: LbfgsOptions): Promise<Float64Array> {
  let point = start.slice();
  let gradient = new Float64Array(start.length);
  let value = await objective(point, gradient);
  const pairs: Pair[] = [];
  for (let iteration = 0; iteration < options.maxIterations && largest(gradient) > options.tolerance; iteration++) {
    const direction = searchDirection(gradient, pairs);
    const next = await lineSearch(objective, { point, value, gradient, direction });
    // no descent left at this precision
    if (next === undefined) break;
    remember(pairs, difference(next.point, point), difference(next.gradient, gradient));
    ({ point, value, gradient } = next);
  }
  return point;
}

interface State {
  readonly point: Float64Array<ArrayBuffer>;
  readonly value: number;
  readonly gradient: Float64Array<ArrayBuffer>;
}

function searchDirection(gradient: Float64Array, pairs: readonly Pair[]): Float64Array {
  const q = gradient.map((value) => -value);
  const alphas = new Map<Pair, number>();
  for (const pair of pairs.toReversed()) {
    const alpha = pair.rho * dot(pair.s, q);
    alphas.set(pair, alpha);
    addScaled(q, pair.y, -alpha);
  }
  const last = pairs.at(-1);
  // first step: at most length 1
  const scale = last === undefined ? 1 / Math.max(1, Math.sqrt(dot(q, q))) : 1 / (last.rho * dot(last.y, last.y));
  for (let i = 0; i < q.length; i++) q[i] = (q[i] as number) * scale;
  for (const pair of pairs) addScaled(q, pair.s, (alphas.get(pair) as number) - pair.rho * dot(pair.y, q));
  return q;
}

// Armijo's condition; or, where float32 no longer resolves the value, that it does not rise and the slope falls
async function lineSearch(
  objective: Objective,
  from: State & { readonly direction: Float64Array },
): Promise<State | undefined> {
  const slope = dot(from.gradient, from.direction);
  if (!(slope < 0)) return undefined;
  for (let step = 1; step > 1e-6; step /= 2) {
    const point = from.point.slice();
    addScaled(point, from.direction, step);
    const gradient = new Float64Array(point.length);
    const value = await objective(point, gradient);
    const flat =
      value <= from.value + 1e-6 * Math.abs(from.value) && Math.abs(dot(gradient, from.direction)) < -0.5 * slope;
    if (flat || value <= from.value + 1e-4 * step * slope) return { point, value, gradient };
  }
  return undefined;
}

function remember(pairs: Pair[], s: Float64Array, y: Float64Array): void {
  const product = dot(s, y);
  if (product <= 1e-12) return;
  pairs.push({ s, y, rho: 1 / product });
  if (pairs.length > memory) pairs.shift();
}

const difference = (a: Float64Array, b: Float64Array): Float64Array => a.map((value, i) => value - (b[i] as number));

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

function addScaled(to: Float64Array, from: Float64Array, factor: number): void {
  for (let i = 0; i < to.length; i++) to[i] = (to[i] as number) + factor * (from[i] as number);
}

const largest = (values: Float64Array): number => values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);

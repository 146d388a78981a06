/**
 * Which images show the same patch of sky: connected components of positions closer than an angle. On the sphere, by a grid
 * of cells as wide as the angle's chord, so that only the 27 cells about a position are looked at.
 */

/**
 * For each position the row of the first position of its component, or -1 where it is alone or is not a number.
 *
 * @param ra right ascension, degrees
 * @param dec declination, degrees
 * @param arcseconds the angle, (0, 3600]
 */
export function skyGroups(ra: ArrayLike<number>, dec: ArrayLike<number>, arcseconds: number): Int32Array {
  const rows = ra.length;
  const angle = (arcseconds / 3600) * (Math.PI / 180);
  // chord of the angle: positions on the unit sphere are compared by their distance
  const chord = 2 * Math.sin(angle / 2);
  const points = Float64Array.from({ length: 3 * rows }, (_, i) => coordinate(ra, dec, Math.floor(i / 3), i % 3));
  const parents = Int32Array.from({ length: rows }, (_, row) => row);
  const cells = new Map<number, number[]>();
  // not narrower than what doubles tell apart
  const width = Math.max(chord, 1e-7);
  const side = Math.ceil(2 / width) + 3;
  const same = new Map<string, number>();
  for (let row = 0; row < rows; row++) {
    const [x, y, z] = [0, 1, 2].map((axis) => Math.floor(((points[3 * row + axis] as number) + 1) / width) + 1);
    if (Number.isNaN(x) || Number.isNaN(z)) continue;
    // equal positions would fill one cell: the first stands for all
    const place = points.subarray(3 * row, 3 * row + 3).join();
    const first = same.get(place);
    if (first !== undefined) {
      join(parents, row, first);
      continue;
    }
    same.set(place, row);
    for (let near = 0; near < 27; near++) {
      const key = keyOf(x as number, y as number, z as number, near, side);
      for (const other of cells.get(key) ?? []) if (distance(points, row, other) <= chord) join(parents, row, other);
    }
    const own = keyOf(x as number, y as number, z as number, 13, side);
    const cell = cells.get(own);
    if (cell === undefined) cells.set(own, [row]);
    else cell.push(row);
  }
  const counts = new Int32Array(rows);
  for (let row = 0; row < rows; row++) counts[root(parents, row)]! += 1;
  return parents.map((_, row) => ((counts[root(parents, row)] as number) > 1 ? root(parents, row) : -1));
}

function coordinate(ra: ArrayLike<number>, dec: ArrayLike<number>, row: number, axis: number): number {
  const [longitude, latitude] = [(ra[row] as number) * (Math.PI / 180), (dec[row] as number) * (Math.PI / 180)];
  if (axis === 2) return Math.sin(latitude);
  return Math.cos(latitude) * (axis === 0 ? Math.cos(longitude) : Math.sin(longitude));
}

// neighbour 13 of 27 is the cell itself
function keyOf(x: number, y: number, z: number, near: number, side: number): number {
  const [i, j, k] = [x - 1 + (near % 3), y - 1 + (Math.floor(near / 3) % 3), z - 1 + Math.floor(near / 9)];
  return (i * side + j) * side + k;
}

function distance(points: Float64Array, a: number, b: number): number {
  const along = (axis: number): number => (points[3 * a + axis] as number) - (points[3 * b + axis] as number);
  return Math.hypot(along(0), along(1), along(2));
}

function root(parents: Int32Array, row: number): number {
  let at = row;
  while (parents[at] !== at) {
    parents[at] = parents[parents[at] as number] as number;
    at = parents[at] as number;
  }
  return at;
}

// the smaller row becomes the root: the first position names the component
function join(parents: Int32Array, a: number, b: number): void {
  const [first, second] = [root(parents, a), root(parents, b)];
  parents[Math.max(first, second)] = Math.min(first, second);
}

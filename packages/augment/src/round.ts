/** Rounding as Python does it, so that boxes and offsets equal torchvision's to the pixel. */

/** The nearest integer; halves go to the even one. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

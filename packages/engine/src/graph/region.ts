// Whether kernels are being called inside a region whose products stay float32 (see `float32` in ops/float32.ts).
let depth = 0;

/** Whether products made now stay float32 whatever the precision. */
export const insideFloat32 = (): boolean => depth > 0;

/** Calls `fn` with products kept in float32. */
export function keepingFloat32<T>(fn: () => T): T {
  depth++;
  try {
    return fn();
  } finally {
    depth--;
  }
}

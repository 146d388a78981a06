/**
 * Whether a process of this machine still runs. Its number may have gone to another one since.
 */

/** True as well for a process that may not be asked. */
export function isAlive(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

// Where `lejepa setup` puts what a device needs.
import { homedir } from "node:os";
import path from "node:path";

/** The folder that the environment variable `variable` names, else `lejepa/NAME` in the user's folder for data. */
export function dataFolder(variable: string, name: string): string {
  const { [variable]: named, XDG_DATA_HOME, LOCALAPPDATA } = process.env;
  if (named) return path.resolve(named);
  const base = LOCALAPPDATA ?? XDG_DATA_HOME ?? path.join(homedir(), ".local", "share");
  return path.join(base, "lejepa", name);
}

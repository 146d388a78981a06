/**
 * What the user should know about a set of scenes as a whole, a sentence each.
 */
import type { DatasetItem } from "@lejepa/contracts";
import { someOverlap } from "./blocks.ts";
import type { GeotiffOptions } from "./options.ts";
import type { SceneFacts } from "./scene-facts.ts";
import { sensors, type Sensor } from "./sensors.ts";

// pixels that differ by more are another resolution, not a rounding
const sameResolution = 1.01;

/** The warnings of an index. */
export function warningsOf(
  scenes: readonly SceneFacts[],
  items: readonly DatasetItem[],
  options: GeotiffOptions,
): string[] {
  const sensor: Sensor | undefined = options.sensor === null ? undefined : sensors[options.sensor];
  const count = (test: (scene: SceneFacts) => boolean): number => scenes.filter(test).length;
  const [rotated, points, nowhere, paged] = [
    count(({ placed }) => placed === "rotated"),
    count(({ placed }) => placed === "control points"),
    count(({ placed }) => placed === "nowhere"),
    count(({ pages }) => pages > 1),
  ];
  const systems = countBy(scenes, ({ crs }) => crs);
  const names = countBy(scenes, ({ channels }) => channels.join(", "));
  const found: (string | false | undefined)[] = [
    systems.length > 1 &&
      `scenes lie in ${systems.length} coordinate systems (${listed(systems)}): blocks are made in each by itself, so scenes of one place in two of them can end up in different splits`,
    ...resolutions(scenes),
    names.length > 1 &&
      `scenes name their bands differently (${names.length} ways, the first ${names[0]?.[0]}): they are taken by position`,
    rotated > 0 && `${rotated} scenes are rotated against their coordinate system: pixels stay as they are`,
    points > 0 && `${points} scenes are placed by control points alone: blocks follow their pixels`,
    nowhere > 0 && nowhere < scenes.length && `${nowhere} scenes have no position: blocks follow their pixels`,
    nowhere > 0 &&
      nowhere === scenes.length &&
      "no scene has a position: blocks follow pixels, and overlaps between scenes are not seen",
    paged > 0 && `${paged} files have several pages: the first is used`,
    someOverlap(scenes) &&
      options.blocks === "scene" &&
      "scenes overlap: with blocks by scene, the same ground can end up in different splits",
    oneBlock(items),
    sensor !== undefined && options.offset === null && sensor.warning,
  ];
  return found.filter((warning): warning is string => typeof warning === "string");
}

function resolutions(scenes: readonly SceneFacts[]): string[] {
  return countBy(scenes, ({ crs }) => crs).flatMap(([crs]) => {
    const sizes = scenes
      .flatMap((scene) => (scene.crs === crs ? [scene.facts["resolution"]] : []))
      .filter((size) => typeof size === "number");
    const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
    return most > least * sameResolution
      ? [`pixels of scenes in ${crs} are ${least} to ${most} units wide: the same thing has several sizes`]
      : [];
  });
}

function oneBlock(items: readonly DatasetItem[]): string | undefined {
  const groups = new Set(items.map(({ group }) => group));
  if (groups.size > 1 || groups.has(undefined) || items.length < 2) return undefined;
  return `all ${items.length} items lie in one block: there is nothing to validate on. Choose smaller blocks with the option blocks`;
}

function countBy(scenes: readonly SceneFacts[], key: (scene: SceneFacts) => string): (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const scene of scenes) counts.set(key(scene), (counts.get(key(scene)) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]);
}

function listed(counts: readonly (readonly [string, number])[]): string {
  const shown = counts.slice(0, 5).map(([name, count]) => `${name}: ${count}`);
  return counts.length > 5 ? `${shown.join(", ")}, ...` : shown.join(", ");
}

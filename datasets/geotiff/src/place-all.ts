/**
 * Places the chips of all scenes, looking at pixels where they may be invalid.
 */
import { stream, type DatasetContext } from "@lejepa/contracts";
import type { Blocks } from "./blocks.ts";
import { canOverlap, capacity, isWhole, placeChips, someOf } from "./chips.ts";
import { eachOf, reasonOf } from "./describe-all.ts";
import { openScene, type SceneFile } from "./open-scene.ts";
import type { GeotiffOptions } from "./options.ts";
import type { SceneFacts } from "./scene-facts.ts";
import type { SceneStore } from "./scene-store.ts";
import type { SkippedList } from "./skipped-list.ts";
import type { Window } from "./tiff/read-window.ts";
import { cellOf, findValidShares, shareOf, type ValidShares } from "./valid-share.ts";

/** A chip of a scene. */
export interface Chip {
  readonly scene: SceneFacts;
  readonly window: Window;
  /** The window is all of the scene. */
  readonly whole: boolean;
}

/** What placing needs. */
export interface Placing {
  readonly options: GeotiffOptions;
  readonly blocks: Blocks;
  /** Leave chips out that lie in two blocks: others may share their pixels there. */
  readonly keepApart: boolean;
  readonly store: SceneStore;
  readonly skipped: SkippedList;
  filesOf(scene: SceneFacts): readonly SceneFile[];
}

/** The chips of all scenes, in their order. */
export async function placeAll(
  scenes: readonly SceneFacts[],
  placing: Placing,
  { signal }: DatasetContext,
): Promise<readonly Chip[]> {
  const { chips } = placing.options;
  const area = scenes.reduce((sum, { width, height }) => sum + width * height, 0);
  const placed = await eachOf(scenes, signal, async (scene) => {
    const shares = await sharesOf(scene, placing, signal);
    if (shares === "unreadable") return [];
    const share =
      chips.total === null ? null : Math.max(1, Math.round((chips.total * scene.width * scene.height) / area));
    const most =
      share === null || chips.sampling === "grid"
        ? chips.count
        : Math.min(share, chips.count ?? share, capacity(scene, chips));
    return placeScene(scene, { placing, shares, most });
  });
  return someOf(placed.flat(), chips.total, stream(chips.seed, "all chips"));
}

/** Shares of valid pixels; undefined where all are valid. */
async function sharesOf(
  scene: SceneFacts,
  placing: Placing,
  signal: AbortSignal | undefined,
): Promise<ValidShares | undefined | "unreadable"> {
  const { options, store, skipped } = placing;
  if (!scene.mayHaveGaps || options.chips.minValid === 0) return undefined;
  const cell = cellOf(options.chips.size === "whole" ? Math.max(scene.width, scene.height) : options.chips.size);
  const kept = store.shares.get(scene.id);
  if (kept?.stamp === scene.stamp && kept.cell === cell) return kept;
  try {
    const shares = await findValidShares(await openScene(placing.filesOf(scene), options), cell, options, signal);
    store.shares.set(scene.id, { ...shares, stamp: scene.stamp });
    return shares;
  } catch (error) {
    signal?.throwIfAborted();
    skipped.add(reasonOf(error), scene.id);
    return "unreadable";
  }
}

interface Found {
  readonly placing: Placing;
  readonly shares: ValidShares | undefined;
  readonly most: number | null;
}

function placeScene(scene: SceneFacts, { placing, shares, most }: Found): Chip[] {
  const { chips } = placing.options;
  const percent = `${Math.round(100 * chips.minValid)} %`;
  const everything = { x: 0, y: 0, width: scene.width, height: scene.height };
  if (shares?.shares.every((share) => share === 0) === true) {
    placing.skipped.add("scenes without valid pixels", scene.id);
    return [];
  }
  const isValid = (window: Window): boolean => shares === undefined || shareOf(shares, window) >= chips.minValid;
  if (isWhole(scene, chips)) {
    if (isValid(everything)) return [{ scene, window: everything, whole: true }];
    placing.skipped.add(`items with less than ${percent} valid pixels`, scene.id);
    return [];
  }
  const apart = placing.keepApart && canOverlap(chips);
  let [gaps, borders] = [0, 0];
  const accepts = (window: Window): boolean => {
    if (!isValid(window)) gaps += 1;
    else if (apart && placing.blocks.crosses(scene, window)) borders += 1;
    else return true;
    return false;
  };
  const { windows } = placeChips({ ...scene, accepts }, chips, most);
  if (gaps > 0) placing.skipped.add(`chips with less than ${percent} valid pixels`, scene.id, gaps);
  if (borders > 0)
    placing.skipped.add("chips across the border of two blocks, whose pixels others share", scene.id, borders);
  return windows.map((window) => ({ scene, window, whole: false }));
}

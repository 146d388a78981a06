// Which views are measured: those of every policy, on the images that it is for. python/views.py reads a case as JSON.
import { type Operations, operationNames, parseConfig, policies, withImages } from "@lejepa/contracts";

/** A batch of views; everything that decides them. */
export interface ViewCase {
  readonly name: string;
  readonly batch: number;
  /** Width and height of the stored 8-bit images. */
  readonly imageSize: number;
  readonly channels: number;
  readonly border: "reflect" | "edge" | "zeros";
  readonly operations: Operations;
  readonly groups: readonly {
    readonly name: "global" | "local";
    readonly views: number;
    readonly size: number;
    readonly scale: readonly [number, number];
    readonly ratio: readonly [number, number];
  }[];
}

const channelsOf: Readonly<Record<string, number>> = {
  medical: 1,
  ct: 1,
  mr: 1,
  xray: 1,
  "satellite-sar": 2,
  "generic-multichannel": 5,
};

/** 2 global views of 64 and 6 local ones of 32 pixels of 64 images of 96 pixels. */
function viewCase(policy: string): ViewCase {
  const channels = channelsOf[policy] ?? 3;
  const sizes = { globals: 2, globalSize: 64, locals: 6, localSize: 32 };
  const asked = { dataset: { id: "folder" }, data: { imageSize: 96 }, views: sizes, augment: { policy } };
  const { views, augment } = withImages(parseConfig(asked, "bench"), { channels });
  const isOn = (name: keyof Operations): boolean => (augment[name]?.probability ?? 0) > 0;
  return {
    name: `views ${policy}`,
    batch: 64,
    imageSize: 96,
    channels,
    border: augment.border,
    operations: Object.fromEntries(operationNames.filter(isOn).map((name) => [name, augment[name]])),
    groups: [
      { name: "global", views: 2, size: 64, scale: views.globalScale, ratio: views.ratio },
      { name: "local", views: 6, size: 32, scale: views.localScale, ratio: views.ratio },
    ],
  };
}

/** One case a policy. */
export const viewCases: readonly ViewCase[] = Object.keys(policies).map(viewCase);

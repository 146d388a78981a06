// The labelled sets of the ablation: real images of four domains, each with the policy of its domain.
import path from "node:path";
import { type BoundDataset, bindDataset, type ConfigInput } from "@lejepa/contracts";
import { dicom } from "@lejepa/dataset-dicom";
import { folder } from "@lejepa/dataset-folder";
import { geotiff } from "@lejepa/dataset-geotiff";

/** One set. */
export interface AblationSet {
  readonly name: string;
  readonly dataset: BoundDataset;
  readonly channels: number;
  /** The domain's policy. */
  readonly policy: string;
  /** What the views of this set need, whatever the policy. */
  readonly views?: ConfigInput["views"];
  /** Classes that are one under flips. */
  readonly mergeClasses?: (name: string) => string;
}

/** The sets below a folder of sample data. */
export function ablationSets(data: string): AblationSet[] {
  const at = (...parts: string[]): string => path.resolve(data, ...parts);
  return [
    {
      name: "galaxies",
      dataset: bindDataset(folder, { path: at("galaxy/galaxyzoo1_sdss") }),
      channels: 3,
      policy: "galaxy",
      views: { globalScale: [0.3, 1], localScale: [0.1, 0.4] },
      mergeClasses: (name) => name.replace(/_a?cw$/, ""),
    },
    {
      name: "chest",
      dataset: bindDataset(dicom, {
        path: at("dicom/chest_xray_labelled"),
        labels: "labels.csv",
        columns: { path: "file" },
      }),
      channels: 1,
      policy: "xray",
    },
    {
      name: "satellite",
      dataset: bindDataset(geotiff, {
        path: at("geotiff/neon_sites_chips"),
        labels: "labels.csv",
        columns: { path: "file", group: "source_tile" },
      }),
      channels: 3,
      policy: "satellite-optical",
    },
    {
      name: "food",
      dataset: bindDataset(folder, { path: at("food/food101") }),
      channels: 3,
      policy: "food",
    },
  ];
}

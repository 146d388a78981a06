/**
 * Pages: one self-contained HTML file each, without network or script, light and dark, plots as vector graphics. `page`, `html`
 * and `figure` are what they are made of.
 *
 *     writeFileSync("board.html", leaderboardPage(createLeaderboard(runs)));
 *
 * @module
 */
export { cockpitPage, pictureRows, type Pictures } from "./cockpit-page.ts";
export {
  type ComparisonExtras,
  type FeatureMap,
  type GalleryEntry,
  galleryOf,
  mapFeatures,
  mostMapped,
  type NamedFeatures,
  type NamedRow,
  type PatchPictures,
  principalComponents,
} from "./comparison-extras.ts";
export { comparisonPage } from "./comparison-page.ts";
export { bars, histogram, html, type Html, table } from "./html.ts";
export { leaderboardPage } from "./leaderboard-page.ts";
export type { MapPoint } from "./map-plot.ts";
export { page, type PageParts, tile, tiles, wide } from "./page.ts";
export { patchPictures } from "./patch-pictures.ts";
export { pictureUrl, type PictureOptions } from "./picture.ts";
export { colours, figure, type FigureOptions } from "./plot.ts";

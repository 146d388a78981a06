// Images on a plane, each with a card that shows when it is pointed at or reached by keyboard: a group of radio buttons, so that
// Tab reaches a map once and the arrow keys move within it. No script. Where the points lie comes in.
import { html, type Html } from "./html.ts";
import { colours } from "./plot.ts";

/** One image on a map. */
export interface MapPoint {
  readonly x: number;
  readonly y: number;
  readonly label: string;
  readonly id: string;
  /** Patient, scene; shown as it is. */
  readonly group?: string | undefined;
  /** A class, or a number; absent: the label. What is neither is gray. */
  readonly colourBy?: string | number | undefined;
  /** Data URL. */
  readonly picture?: string | undefined;
}

/** What a map is drawn with. */
export interface MapOptions {
  /** Unique in the page. */
  readonly number: number;
  readonly classes: readonly string[];
  /** Place of each picture in {@link pictureStyles}. */
  readonly pictures: ReadonlyMap<string, number>;
}

/** Each picture of the points once, with its place. */
export function numberPictures(points: readonly MapPoint[]): Map<string, number> {
  const urls = points.flatMap(({ picture }) => (picture === undefined ? [] : [picture]));
  return new Map([...new Set(urls)].map((url, i) => [url, i]));
}

/** The pictures as styles, so that maps of several encoders share them. Only URLs of the alphabet of base64 get in. */
export function pictureStyles(pictures: ReadonlyMap<string, number>): string {
  const safe = [...pictures].filter(([url]) => /^data:image\/[a-z]+;base64,[\w+/=]*$/.test(url));
  return safe.map(([url, i]) => `.m${i}{background-image:url(${url})}`).join("");
}

/** Images where their features put them, coloured by class or number. */
export function mapPlot(name: string, points: readonly MapPoint[], options: MapOptions): Html {
  const scale = numberScale(points);
  const place = placing(points);
  // arrow keys go through one class after the other, from left to right
  const sorted = points.toSorted((a, b) => (a.label === b.label ? a.x - b.x : a.label < b.label ? -1 : 1));
  const by = scale === undefined ? "class" : "number";
  const alt = `Map of ${points.length} images by the features of ${name}, coloured by ${by}. Arrow keys go from image to image.`;
  return html`<figure><div class="map" role="radiogroup" aria-label="${alt}">${sorted.map((point) => spot(point, { ...options, scale, ...place(point) }))}</div><figcaption>${name}</figcaption></figure>`;
}

interface SpotOptions extends MapOptions {
  readonly scale: ReturnType<typeof numberScale>;
  /** Percent from the left and from the top. */
  readonly left: number;
  readonly top: number;
}

function spot(point: MapPoint, { number, classes, pictures, scale, left, top }: SpotOptions): Html {
  const { label, id, group, picture, colourBy = label } = point;
  const colour =
    typeof colourBy === "number"
      ? numberColour(colourBy, scale)
      : classColour(classes.indexOf(colourBy), classes.length);
  // the card grows towards the middle
  const side = `${left > 50 ? " west" : ""}${top > 50 ? " north" : ""}`;
  const place = picture === undefined ? undefined : pictures.get(picture);
  const image = place === undefined ? undefined : html`<span class="picture m${place}"></span>`;
  const more = group === undefined ? undefined : html`<span>group ${group}</span>`;
  const words = `${label}: ${id}${group === undefined ? "" : `, group ${group}`}`;
  return html`<span class="spot" style="left:${left.toFixed(2)}%;top:${top.toFixed(2)}%"><input type="radio" name="map-${number}" aria-label="${words}" style="background:${colour}"><span class="card${side}" aria-hidden="true">${image}<b>${label}</b><span>${id}</span>${more}</span></span>`;
}

function placing(points: readonly MapPoint[]): (point: MapPoint) => { readonly left: number; readonly top: number } {
  const axis = (values: readonly number[]): ((value: number) => number) => {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return (value) => 2 + (96 * (value - low)) / (high - low || 1);
  };
  const [across, up] = [axis(points.map(({ x }) => x)), axis(points.map(({ y }) => y))];
  return ({ x, y }) => ({ left: across(x), top: 100 - up(y) });
}

/** Smallest and largest number that points are coloured by; undefined when they are coloured by class. */
export function numberScale(points: readonly MapPoint[]): readonly [low: number, high: number] | undefined {
  const numbers = points.flatMap(({ colourBy }) =>
    typeof colourBy === "number" && !Number.isNaN(colourBy) ? [colourBy] : [],
  );
  return numbers.length === 0 ? undefined : [Math.min(...numbers), Math.max(...numbers)];
}

/** Between the page's second colour for the smallest number and its first for the largest. */
export function numberColour(value: number, scale: readonly [low: number, high: number] | undefined): string {
  if (scale === undefined || Number.isNaN(value)) return colours.soft;
  const [low, high] = scale;
  const share = Math.round((100 * (value - low)) / (high - low || 1));
  return `color-mix(in oklab, ${colours.mark} ${share}%, ${colours.second})`;
}

/** Colours of classes: hues around the circle, lightness in turn. */
export function classColour(index: number, classes: number): string {
  if (index < 0) return colours.soft;
  return `hsl(${Math.round((360 * index) / Math.max(1, classes))} 65% ${index % 2 === 0 ? 45 : 60}%)`;
}

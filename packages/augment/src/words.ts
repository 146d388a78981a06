/** What was drawn for a view, told to a person. */
import { short } from "./operation.ts";
import { layoutOf, type ViewParameters } from "./parameters.ts";
import type { GroupName, ViewSpec } from "./spec.ts";

/**
 * A view's parameters in words, in the order in which they act: first its box as share of the image's area and where its centre lies
 * (0, 0 is the upper left corner, 1, 1 the lower right), then turns and flips, then the operations on values.
 *
 *     viewWords(drawView(spec, { group: "local", ... }), spec, "local") // ["12 % of the area at 0.41, 0.56", "mirrored left to right", "blur 1.3 px"]
 */
export function viewWords(view: ViewParameters, spec: ViewSpec, name: GroupName): string[] {
  const { height, width } = spec.image;
  const share = (100 * view.height * view.width) / (height * width);
  const [x, y] = [(view.left + view.width / 2) / width, (view.top + view.height / 2) / height];
  const group = spec.groups.find((candidate) => candidate.name === name);
  const active = group === undefined ? [] : layoutOf(spec, group).active;
  return [
    `${short(share)} % of the area at ${x.toFixed(2)}, ${y.toFixed(2)}`,
    ...turnWords(view),
    ...active.flatMap(({ operation, options }) => {
      const drawn = view.values[operation.name];
      return drawn === undefined ? [] : [operation.words(drawn, options)];
    }),
  ];
}

function turnWords({ angle, shear, quarterTurns, flipX, flipY }: ViewParameters): string[] {
  const words: string[] = [];
  if (angle !== 0) words.push(`turned ${short(angle)}°`);
  if (shear.some((degrees) => degrees !== 0)) words.push(`sheared ${shear.map(short).join("°, ")}°`);
  if ((quarterTurns & 3) !== 0) words.push(`turned ${90 * (quarterTurns & 3)}°`);
  if (flipX) words.push("mirrored left to right");
  if (flipY) words.push("mirrored top to bottom");
  return words;
}

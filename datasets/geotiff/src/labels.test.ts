// Labels from a CSV file and from a raster of classes.
import { expect, test } from "vitest";
import { caught, index, makeFolder, raster, tiffOf } from "./_tiff.test-helper.ts";

const tile = (x: number): Uint8Array => tiffOf(raster(16, 16, (column) => column, { place: { x, y: 0, size: 10 } }));

test("a table: classes, groups and splits; scenes that it does not list are counted", async () => {
  const csv = "file;class;site;part\na.tif;water;north;train\nsub/b.tif;land;south;val\n";
  const root = await makeFolder({ "a.tif": tile(0), "sub/b.tif": tile(1000), "c.tif": tile(2000), "labels.csv": csv });
  const columns = { path: "file", label: "class", group: "site", split: "part" };
  const { items, skipped } = await index({ path: root, labels: "labels.csv", columns });
  expect(items.map(({ id, label, group, split }) => [id, label, group, split])).toEqual([
    ["a.tif", "water", "north", "train"],
    ["sub/b.tif", "land", "south", "validation"],
  ]);
  expect(skipped).toContainEqual({ reason: "scenes that labels.csv does not list", count: 1, examples: ["c.tif"] });
});

test.for<readonly [string, string | undefined, string]>([
  ["no file", undefined, "labels.csv: expected a CSV file that can be read, got no such file."],
  ["no lines", "", 'labels.csv: expected a column "path", got no line. Name it in the option columns.'],
  [
    "a missing column",
    "file,label\na.tif,x\n",
    'labels.csv: expected a column "path", got the columns file, label. Name it in the option columns.',
  ],
  [
    "an unknown scene",
    "path,label\na.tiff,x\n",
    'labels.csv: expected scenes below the folder, got "a.tiff" in line 2. Did you mean "a.tif"?',
  ],
  [
    "a scene twice",
    "path,label\na.tif,x\n./a.tif,y\n",
    "labels.csv: expected every scene once, got a.tif in lines 2 and 3.",
  ],
  [
    "an unknown split",
    "path,label,split\na.tif,x,exam\n",
    'labels.csv: expected train, validation or test in line 2, got "exam".',
  ],
])("a wrong table: %s", async ([, csv, message]) => {
  const root = await makeFolder({ "a.tif": tile(0), ...(csv !== undefined && { "labels.csv": csv }) });
  const columns = csv?.includes("split") === true ? { split: "split" } : {};
  expect((await caught(() => index({ path: root, labels: "labels.csv", columns }))).message).toBe(message);
});

// columns of 16 pixels of 10 units: class 1, 1, 2, and nothing in the last
const classes = (size: number): Uint8Array =>
  tiffOf(
    raster(640 / size, 160 / size, (x) => [1, 1, 2, 0][Math.floor((x * size) / 160)] as number, {
      place: { x: 0, y: 0, size },
      nodata: "0",
    }),
  );

test("a raster of classes: the most frequent one of the chip, at any resolution", async () => {
  const scene = tiffOf(raster(64, 16, (x) => x, { place: { x: 0, y: 0, size: 10 } }));
  for (const size of [5, 10, 20]) {
    const root = await makeFolder({ "s/scene.tif": scene, "classes/scene_lc.tif": classes(size) });
    const labelRaster = { path: `${root}/classes/scene_lc.tif`, classes: { "1": "water" } };
    const { items } = await index({ path: `${root}/s`, chips: { size: 16 }, labelRaster });
    expect(items.map(({ label }) => label)).toEqual(["water", "water", "2", undefined]);
  }
});

test("a raster of classes for each scene, and classes that cover too little", async () => {
  const scene = tiffOf(raster(64, 16, (x) => x, { place: { x: 0, y: 0, size: 10 } }));
  const root = await makeFolder({ "s/scene.tif": scene, "classes/scene.tif": classes(10) });
  const labelRaster = { path: `${root}/classes/{scene}.tif`, minShare: 0.8 };
  const { items } = await index({ path: `${root}/s`, chips: { size: 24 }, labelRaster });
  // the second chip has 8 columns of class 1 and 16 of class 2
  expect(items.map(({ label }) => label)).toEqual(["1", undefined]);
});

test("a raster of classes somewhere else or in another system", async () => {
  const root = await makeFolder({
    "s/scene.tif": tile(90_000),
    "here.tif": classes(10),
    "there.tif": tiffOf(raster(4, 4, () => 1, { place: { x: 0, y: 0, size: 10, epsg: 4326 } })),
  });
  expect(
    (await index({ path: `${root}/s`, labelRaster: { path: `${root}/here.tif` } })).items.map(({ label }) => label),
  ).toEqual([undefined]);
  const { message } = await caught(() => index({ path: `${root}/s`, labelRaster: { path: `${root}/there.tif` } }));
  expect(message).toBe("there.tif: expected a raster of classes in EPSG:32618, as scene.tif, got EPSG:4326.");
  expect(
    (await caught(() => index({ path: `${root}/s`, labelRaster: { path: `${root}/here.tif`, band: 2 } }))).message,
  ).toBe("here.tif: expected a band 2, got 1 bands.");
});

// What a comparison's page shows besides figures: neighbours, maps, pictures. Computed from features; no images are read here.
import { stream } from "@lejepa/contracts";
import type { Engine } from "@lejepa/engine";
import { type Matrix, nearestNeighbours, pickRows } from "@lejepa/eval";
import { EigenvalueDecomposition, Matrix as Dense } from "ml-matrix";
import { UMAP } from "umap-js";
import type { MapPoint } from "./map-plot.ts";

/** An image of the store. */
export interface NamedRow {
  readonly row: number;
  readonly id: string;
  /** Class name; absent when unlabelled. */
  readonly label?: string | undefined;
}

/** A test image, and the nearest training images by each encoder. */
export interface GalleryEntry {
  readonly query: NamedRow;
  readonly nearest: readonly { readonly encoder: string; readonly images: readonly NamedRow[] }[];
}

/** Test images where one encoder's features put them. */
export interface FeatureMap {
  readonly encoder: string;
  readonly method: "UMAP" | "PCA";
  readonly points: readonly MapPoint[];
}

/** Pictures of an image's patches: the first three principal components of its tokens as red, green and blue. */
export interface PatchPictures {
  readonly encoder: string;
  readonly images: readonly { readonly id: string; readonly image: string; readonly patches: string }[];
}

/** All of it. */
export interface ComparisonExtras {
  readonly gallery?: readonly GalleryEntry[] | undefined;
  readonly maps?: readonly FeatureMap[] | undefined;
  readonly patches?: readonly PatchPictures[] | undefined;
  /** Data URLs by row of the store. */
  readonly pictures?: ReadonlyMap<number, string> | undefined;
  /** What the images are: title, licence, citation, counts. */
  readonly dataCard?: readonly (readonly [name: string, value: string])[] | undefined;
}

/** Features of all rows by one encoder. */
export interface NamedFeatures {
  readonly encoder: string;
  /** `[rows of the store, dim]`. */
  readonly features: Matrix;
}

/** What {@link galleryOf} shows. */
export interface GalleryOptions {
  /** Rows to find neighbours of. */
  readonly queries: readonly number[];
  /** Rows to find them among. */
  readonly train: ArrayLike<number>;
  /** Neighbours; default 5. */
  readonly k?: number;
  /** What an image is called. */
  readonly name: (row: number) => NamedRow;
}

/** The `k` nearest training images of each query by the cosine of each encoder's features. */
export async function galleryOf(
  engine: Engine,
  all: readonly NamedFeatures[],
  { queries, train, k = 5, name }: GalleryOptions,
): Promise<GalleryEntry[]> {
  const found: { encoder: string; k: number; index: Int32Array }[] = [];
  for (const { encoder, features } of all) {
    const { k: width, index } = await nearestNeighbours(
      engine,
      pickRows(features, train),
      pickRows(features, queries),
      k,
    );
    found.push({ encoder, k: width, index });
  }
  return queries.map((query, i) => ({
    query: name(query),
    nearest: found.map(({ encoder, k: width, index }) => ({
      encoder,
      images: Array.from(index.subarray(i * width, (i + 1) * width), (at) => name(train[at] as number)),
    })),
  }));
}

/** Rows that a map can hold without being a blot, and without taking minutes. */
export const mostMapped = 600;
const componentsFirst = 32;

/**
 * Places rows on a plane: the first 32 principal components, then UMAP (McInnes et al. 2018, arXiv:1802.03426) with 15 neighbours;
 * fewer than 20 rows: the first two components. Deterministic in `seed`. Features are brought to length 1 before.
 */
export function mapFeatures(
  features: Matrix,
  seed = 0,
): { readonly method: "UMAP" | "PCA"; readonly points: [number, number][] } {
  const components = principalComponents(features, Math.min(componentsFirst, features.columns));
  if (features.rows < 20) return { method: "PCA", points: components.map(([x = 0, y = 0]) => [x, y]) };
  const random = stream(seed, "umap");
  const umap = new UMAP({
    nComponents: 2,
    nNeighbors: Math.min(15, features.rows - 1),
    random: () => random.uniform(),
  });
  return { method: "UMAP", points: umap.fit(components).map(([x = 0, y = 0]) => [x, y]) };
}

/**
 * Rows, brought to length 1 and centred, in the basis of their `count` largest principal components; through the rows' Gram matrix or the
 * columns' covariance, whichever is smaller: its side cubed is the cost.
 */
export function principalComponents({ data, rows, columns }: Matrix, count: number): number[][] {
  const centred = Array.from({ length: rows }, (_, i) => unit(data.subarray(i * columns, (i + 1) * columns)));
  for (let j = 0; j < columns; j++) {
    let mean = 0;
    for (const row of centred) mean += (row[j] as number) / rows;
    for (const row of centred) row[j] = (row[j] as number) - mean;
  }
  const x = new Dense(centred.map((row) => Array.from(row)));
  if (columns < rows) return x.mmul(leading(x.transpose().mmul(x), count).vectors).to2DArray();
  const { vectors, values } = leading(x.mmul(x.transpose()), count);
  return vectors.mulRowVector(values.map((value) => Math.sqrt(Math.max(0, value)))).to2DArray();
}

// the eigenvectors of the largest eigenvalues of a symmetric matrix, as columns
function leading(symmetric: Dense, count: number): { readonly vectors: Dense; readonly values: number[] } {
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(symmetric, { assumeSymmetric: true });
  const order = realEigenvalues.map((value, i) => ({ value, i })).sort((one, two) => two.value - one.value);
  const kept = order.slice(0, count);
  const all = Array.from({ length: symmetric.rows }, (_, i) => i);
  return {
    vectors: eigenvectorMatrix.subMatrixRow(all).subMatrixColumn(kept.map(({ i }) => i)),
    values: kept.map(({ value }) => value),
  };
}

function unit(row: Float32Array): Float64Array {
  let square = 0;
  for (const value of row) square += value * value;
  const length = Math.sqrt(square) || 1;
  return Float64Array.from(row, (value) => value / length);
}

/**
 * What an operation on the values of a view is: what it draws on the host, and what it does on the device. Not the operations
 * themselves (operations/) and not what moves pixels (geometry.ts).
 */
import type { OperationName, OperationOptions, RandomStream } from "@lejepa/contracts";
import type * as tf from "@tensorflow/tfjs";

/** What an operation may know of the views that it works on. */
export interface ViewForm {
  readonly channels: number;
  /** Width and height, pixels. */
  readonly size: number;
  /** Per channel, on the scale where white is 1. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** Values of black and of white: what 0 and 1 of the views mean in the images' own unit. */
  readonly range: readonly [number, number];
  readonly channelNames?: readonly string[];
}

/** Numbers that were drawn for one view, by field; readable, and JSON. */
export type Drawn = Readonly<Record<string, number | readonly number[]>>;

/** One field of the packed parameters: how many numbers a view, and the one that changes nothing. */
export interface Field {
  readonly rows: number;
  /** What views have on which the operation does not act: with it in every field, the view comes out as it went in. */
  readonly idle: number;
}

/** Reads the fields of one operation inside a traced function. */
export interface Fields {
  /** A field of one row as [views of the batch, 1, 1], to be broadcast over planes [c, views, size, size]. */
  one(name: string): tf.Tensor3D;
  /** A field of several rows as [rows, views, 1, 1]; of `channels` rows, it broadcasts over the planes. */
  many(name: string): tf.Tensor4D;
  /** A field of one row as [views]. */
  flat(name: string): tf.Tensor1D;
  /** Views of the group in this batch. */
  readonly count: number;
}

/**
 * One operation. Everything is a pure function; `apply` is traced, so its control flow depends on options and form alone.
 */
export interface Operation<Name extends OperationName> {
  readonly name: Name;
  /** Fields of the packed parameters; none for options that change nothing. */
  fields(options: OperationOptions<Name>, form: ViewForm): Readonly<Record<string, Field>>;
  /** Draws for a view on which it acts; whether it does is drawn before, by `probability`. */
  draw(random: RandomStream, options: OperationOptions<Name>, form: ViewForm): Drawn;
  /** By how much the crop's sides grow about its centre, for what was drawn: an operation on values that moves pixels, too. */
  zoom?(drawn: Drawn, options: OperationOptions<Name>): number;
  /** From what was drawn to the fields, where they are not the same. */
  pack?(drawn: Drawn, options: OperationOptions<Name>, form: ViewForm): Drawn;
  /**
   * Changes views.
   * @param x planes [channels, views, size, size], an image's views together, black 0 and white 1
   */
  apply(x: tf.Tensor4D, fields: Fields, options: OperationOptions<Name>, form: ViewForm): tf.Tensor4D;
  /** What was done, for a person: `blur 1.3 px`. */
  words(drawn: Drawn, options: OperationOptions<Name>): string;
}

/** A number of a {@link Drawn}. */
export function numberOf(drawn: Drawn, field: string): number {
  return drawn[field] as number;
}

/** For words: at most three digits. */
export const short = (value: number): string => String(Number(value.toPrecision(3)));

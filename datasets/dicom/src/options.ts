/**
 * The options of the DICOM dataset.
 */
import { z } from "zod";
import { labelAttributes } from "./vocabulary.ts";

const windowOption = z
  .union([
    z.enum(["dicom", "lung", "bone", "brain", "soft-tissue", "percentile", "none"]),
    z.strictObject({
      centre: z.number().describe("Middle of the window, physical values (Hounsfield units for CT)."),
      width: z.number().min(1).describe("Width of the window."),
      sigmoid: z.boolean().default(false).describe("The sigmoid of the standard instead of the line."),
    }),
  ])
  .default("dicom")
  .describe(
    "What is black and white in gray images: the header's first window, a preset for CT, percentiles 1 to 99 of each image, a centre and width, or none: physical values as float32.",
  );

/** The option `window`. */
export type WindowOption = typeof windowOption._zod.output;

const columns = z
  .strictObject({
    path: z.string().min(1).optional().describe("Column with the file's path below `path`; default `path`."),
    uid: z.string().min(1).optional().describe("Column with the SOPInstanceUID; default `sop_instance_uid`."),
    patient: z
      .string()
      .min(1)
      .optional()
      .describe("Column with the patient: PatientID or pseudonym; default `patient`."),
    label: z.string().min(1).optional().describe("Column with the class; default `label`."),
    split: z
      .string()
      .min(1)
      .optional()
      .describe("Column with train, validation or test; default `split`, if there is one."),
  })
  .prefault({})
  .describe(
    "Names of the columns of `labels`. The first of path, uid and patient that is there says what a line is about.",
  );

/** zod schema of the options; each key says what it does. */
export const dicomOptions = z.strictObject({
  path: z
    .string()
    .min(1)
    .describe(
      "A folder of DICOM files at any depth, a ZIP archive, one file, or a DICOMDIR; relative to the working directory.",
    ),
  window: windowOption,
  fit: z
    .enum(["crop", "squash", "pad"])
    .default("pad")
    .describe("How an image becomes a square. `pad` cuts no anatomy off and keeps shapes; the bars are masked."),
  frames: z
    .union([z.enum(["all", "middle", "first"]), z.strictObject({ every: z.int().min(1) })])
    .default("all")
    .describe("Frames of a multi-frame object that become items: all, the middle one, the first, or every n-th."),
  neighbours: z
    .union([z.literal(0), z.literal(1)])
    .default(0)
    .describe("1: channels are the previous slice, the slice, and the next one of the series (repeated at the ends)."),
  include: z
    .array(z.enum(["secondary-capture", "localizer"]))
    .default([])
    .describe("Kinds of images to use although they are skipped by default."),
  label: z
    .union([
      z.enum(["none", "folder", "top-folder"]),
      z.strictObject({
        attribute: z
          .string()
          .refine((name) => labelAttributes.includes(name), {
            error: `one of ${labelAttributes.join(", ")}: attributes that are about the image, with terms of the standard, and never about a person`,
          })
          .describe("Keyword of a DICOM attribute."),
      }),
    ])
    .default("none")
    .describe("Class of an image: none, the folder it lies in, the topmost folder, or an attribute of its header."),
  labels: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe("A CSV file (relative to `path`) with classes by path, SOPInstanceUID or patient; replaces `label`."),
  columns,
  group: z
    .enum(["patient", "study", "series"])
    .default("patient")
    .describe("Whose images stay together in one split, under a keyed hash."),
  fileNames: z
    .boolean()
    .default(false)
    .describe("Name files in the lists of what was skipped. Off: folders of hospitals are often named after people."),
});

/** The options after defaults. */
export type DicomOptions = typeof dicomOptions._zod.output;

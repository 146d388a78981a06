import { expect, test } from "vitest";
import { errorCodes, isLejepaError, LejepaError } from "./errors.ts";

test("the text reads where, what was expected, what came, what to do", () => {
  const error = new LejepaError({
    code: "E_SHAPE",
    where: "sigreg",
    expected: "projections of rank 3 [views, batch, dim]",
    got: "[64, 128]",
    hint: "Add a view axis",
  });
  expect(error.message).toBe(
    "sigreg: expected projections of rank 3 [views, batch, dim], got [64, 128]. Add a view axis.",
  );
  expect(error).toMatchObject({ name: "LejepaError", code: "E_SHAPE", where: "sigreg", exitCode: 1 });
});

test("a free sentence keeps its own full stop", () => {
  expect(new LejepaError({ code: "E_IO", where: "cache", problem: "is full." }).message).toBe("cache: is full.");
  expect(new LejepaError({ code: "E_IO", where: "cache", got: "a file" }).message).toBe("cache: got a file.");
});

test("wrong calls and wrong input exit with 2, failed work with 1, and a caller may decide otherwise", () => {
  const status = (code: (typeof errorCodes)[number]): number => new LejepaError({ code, where: "x" }).exitCode;
  expect(errorCodes.filter((code) => status(code) === 2)).toEqual([
    "E_USAGE",
    "E_CONFIG",
    "E_DATASET_OPTIONS",
    "E_DATA",
    "E_DEVICE",
    "E_RUN_EXISTS",
  ]);
  expect(new LejepaError({ code: "E_DATA", where: "x", exitCode: 1 }).exitCode).toBe(1);
});

test("the cause is kept", () => {
  const cause = new Error("ENOSPC");
  expect(new LejepaError({ code: "E_IO", where: "x", cause }).cause).toBe(cause);
  expect("cause" in new LejepaError({ code: "E_IO", where: "x" })).toBe(false);
});

test("isLejepaError knows its own kind, by code, across copies of the package", () => {
  const error: unknown = new LejepaError({ code: "E_NAN", where: "x" });
  const foreign = Object.assign(new Error("x"), { code: "E_NAN", [Symbol.for("lejepa.error")]: true });
  expect([error, foreign].map((value) => isLejepaError(value))).toEqual([true, true]);
  expect(isLejepaError(error, "E_NAN")).toBe(true);
  expect(isLejepaError(error, "E_IO")).toBe(false);
  for (const value of [new Error("x"), { code: "E_NAN" }, null, undefined, "E_NAN"]) {
    expect(isLejepaError(value)).toBe(false);
  }
});

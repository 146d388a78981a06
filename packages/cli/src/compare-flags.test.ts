// What the flags of `compare` mean, and what they refuse.
import { expect, test } from "vitest";
import { compareSettings } from "./compare-flags.ts";

test("flags become settings, absent ones stay absent", () => {
  const settings = compareSettings({
    seeds: 4,
    shots: "1, 10,all",
    probe: "knn,ncm",
    metric: "accuracy",
    margin: "1.5",
  });
  expect(settings).toEqual({
    seeds: 4,
    shots: [1, 10, "all"],
    probes: ["knn", "ncm"],
    metric: "accuracy",
    margin: 0.015,
  });
  expect(compareSettings({ seeds: 3 })).toEqual({ seeds: 3 });
});

test.each([
  [{ shots: "1,ten" }, /^--shots: .*got 1,ten/],
  [{ shots: "0" }, /^--shots/],
  [{ probe: "knm" }, /^--probe: .*Did you mean knn\?$/],
  [{ metric: "acuracy" }, /^--metric: .*Did you mean accuracy\?$/],
  [{ margin: "none" }, /^--margin/],
])("refuses %j", (flags, message) => {
  expect(() => compareSettings({ seeds: 3, ...flags })).toThrow(message);
});

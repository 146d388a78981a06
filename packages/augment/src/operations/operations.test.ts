import { operationNames, operationSchemas } from "@lejepa/contracts";
import { expect, test } from "vitest";
import { specFor } from "../_fixture.test-helper.ts";
import { geometricNames } from "../operations.ts";
import { layoutOf } from "../parameters.ts";
import type { ViewGroup } from "../spec.ts";

const photometric = operationNames.filter((name) => !(geometricNames as readonly string[]).includes(name));

test.each(photometric)("%s is in the registry, and has fields by its defaults", (name) => {
  const image = { height: 8, width: 8, channels: 3, dtype: "uint8" } as const;
  const operations = { [name]: operationSchemas[name].parse({ probability: 1 }) };
  const spec = specFor(image, { size: 8, operations });
  expect(layoutOf(spec, spec.groups[0] as ViewGroup).active.map(({ operation }) => operation.name)).toEqual([name]);
});

import { existsSync, readdirSync } from "node:fs";
import { policies, policyPage } from "@lejepa/contracts";
import { expect, test } from "vitest";

const folder = new URL("../policies/", import.meta.url);

test.each(Object.values(policies))("the page of $name is made from the policy", async (policy) => {
  const picture = [`${policy.name}.png`, `${policy.name}.jpg`].find((file) => existsSync(new URL(file, folder)));
  await expect(policyPage(policy, picture === undefined ? {} : { picture })).toMatchFileSnapshot(
    `../policies/${policy.name}.md`,
  );
});

test("there are no pages and pictures of policies that are gone", () => {
  const names = readdirSync(folder).map((file) => file.replace(/\.(md|png|jpg)$/, ""));
  expect(names.filter((name) => !Object.hasOwn(policies, name))).toEqual([]);
});

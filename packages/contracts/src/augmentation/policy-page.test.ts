import { expect, test } from "vitest";
import { policies } from "./policies.ts";
import { defineAugmentation } from "./policy.ts";
import { policyPage } from "./policy-page.ts";

const plain = defineAugmentation({
  name: "plain",
  title: "nothing much",
  operations: { gaussianBlur: { sigma: [0.1, 1] }, horizontalFlip: {} },
  reasons: { gaussianBlur: "soft | sharp", horizontalFlip: "no left" },
  sources: ["a paper"],
});

test("a page says everything: complete settings in the order of acting, reasons, what is refused, sources", () => {
  expect(policyPage(plain, { picture: "plain.png" })).toBe(`# plain

Views of nothing much. Made from the policy's own data (\`policyPage\`), so that it cannot say anything else than what runs.

![Views of real images under the policy plain](plain.png)

## Views

- Crops as \`views\` has them by default.
- Outside the image: \`reflect\`.

## Operations

In the order in which they act.

| operation | settings | why |
| --- | --- | --- |
| \`horizontalFlip\` | probability 0.5 | no left |
| \`gaussianBlur\` | probability 0.5, sigma 0.1 to 1 | soft \\| sharp |

## Never

Nothing is refused.

## Sources

- a paper
`);
});

test("crops of its own come with their reason, what is refused with its own", () => {
  const page = policyPage(policies["galaxy"]!);
  expect(page).toContain("- Global crops: 50 to 100 % of the image.\n- Local crops: 15 to 50 % of the image.");
  expect(page).toContain("- Why: the object is small and centred");
  expect(page).toContain("| `grayscale` | colour is the age and the dust of the stars |");
  expect(page).not.toContain("![");
});

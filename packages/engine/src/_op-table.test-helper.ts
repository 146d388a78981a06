// The table of all ops: what the tests run and what SUPPORT.md is generated from.
import type { OpTable } from "./_op-case.test-helper.ts";
import { elementwiseCases } from "./_op-elementwise.test-helper.ts";
import { networkCases } from "./_op-nn.test-helper.ts";
import { reductionCases } from "./_op-reduce.test-helper.ts";
import { shapeCases } from "./_op-shape.test-helper.ts";

/** Cases by kernel name. */
export const opTable: OpTable = { ...elementwiseCases, ...reductionCases, ...shapeCases, ...networkCases };

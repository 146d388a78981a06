// The table of all ops: what the tests run and what SUPPORT.md is generated from.
import type { OpTable } from "./case.ts";
import { elementwiseCases } from "./elementwise.ts";
import { networkCases } from "./nn.ts";
import { reductionCases } from "./reduce.ts";
import { shapeCases } from "./shape.ts";

/** Cases by kernel name. */
export const opTable: OpTable = { ...elementwiseCases, ...reductionCases, ...shapeCases, ...networkCases };

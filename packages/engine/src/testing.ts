/**
 * The op suite: every kernel on small operands, compared with tfjs's pure-JS backend. For tests of this package, and for checks
 * of a machine's devices (tools/gpu-check). And an engine of 16 bits without a GPU, for tests.
 * @module
 */
export { type EmulationOptions, emulatedEngine } from "./emulated-engine.ts";
export { casesOn, type OpEntry, type OpTable } from "./op-suite/case.ts";
export { differences } from "./op-suite/run.ts";
export { opTable } from "./op-suite/table.ts";

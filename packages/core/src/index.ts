/** SIGReg, the LeJEPA objective, normality tests, label-free score and collapse metrics over tfjs ops.
 * @module */
export {};

/** LeJEPA pretraining: optimizer, schedule, step, checkpoints, resume, run folder.
 * @module */
export {};

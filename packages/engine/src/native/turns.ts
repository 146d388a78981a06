// One thing after another: ONNX Runtime's sessions take one run at a time, and its WebGPU provider no two calls at once.

/** A queue of tasks of which one is under way. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Does `task` when all before it have ended, well or not. A task must not take a turn of the same queue. */
  take<T>(task: () => T | Promise<T>): Promise<T> {
    const turn = this.#last.then(task);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

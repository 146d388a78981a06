// What is used of jasmine-core. Its own types would declare globals for the whole workspace.
declare module "jasmine-core" {
  interface RawResult {
    readonly fullName: string;
    readonly status: string;
    readonly failedExpectations: readonly { readonly message: string }[];
  }
  interface Env {
    configure(options: { random: boolean; specFilter?: () => boolean }): void;
    addReporter(reporter: { specDone(result: RawResult): void }): void;
    execute(): Promise<unknown>;
  }
  interface Jasmine {
    DEFAULT_TIMEOUT_INTERVAL: number;
    getEnv(): Env;
  }
  /** Declares `describe`, `it` and the others as globals. */
  const core: { boot(): Jasmine };
  export default core;
}
